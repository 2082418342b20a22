import { amountText, type Money, moneyOf } from '../../money/money.ts';
import type { TermsDocument } from './terms.events.ts';

/* Whether terms can be those of what is to be paid (docs/decisions/0173). */

/** What a bill says of one product. */
export interface BilledLine {
  readonly product: string;
  /** How many charges it sums up. */
  readonly count: string;
  readonly amount: string;
}

/** What somebody wants to pay, as far as terms can say something else of it. */
export type TermsSubject = { readonly amount: Money } & (
  | {
      readonly kind: 'invoice';
      readonly lines: readonly BilledLine[];
      /** Every price version that a line used. */
      readonly priceBooks: TermsDocument['priceBooks'];
    }
  /** `held`: by the escrow. */
  | { readonly kind: 'title'; readonly held: boolean }
  | { readonly kind: 'top-up' | 'deposit' | 'credit' }
);

/** Where they differ: what the terms say, and what is to be paid. */
export interface TermsDifference {
  readonly differs: 'currency' | 'price' | 'price-book' | 'escrow';
  readonly said: string;
  readonly billed: string;
}

export interface NamedTerms {
  /** The document, and those that it replaces, the newest first: what was charged before a change was charged under those. */
  readonly versions: readonly [TermsDocument, ...TermsDocument[]];
  /** They were named for this very payment, and are not those of the provider's profile. */
  readonly isChosen: boolean;
}

/**
 * Undefined where nothing speaks against it. A title has one price for ever, which terms that are paid once name. A bill is made of many things, and
 * the terms of the profile are those of one offer: only terms that were named for it are compared, with what is of the offer (docs/decisions/0173).
 */
export function termsDifference({ versions, isChosen }: NamedTerms, subject: TermsSubject): TermsDifference | undefined {
  const [{ price, escrow }] = versions;
  const { kind, amount } = subject;
  const isForTitle = kind === 'title' && price.cycle === 'once';
  if (!isForTitle && !isChosen) return undefined;
  if (price.currency !== amount.currency) return { differs: 'currency', said: price.currency, billed: amount.currency };
  if (kind === 'invoice') return lineDifference(versions, subject.lines, price.currency) ?? bookDifference(versions, subject);
  if (!isForTitle) return undefined;
  if (moneyOf(price.amount, price.currency).amount !== amount.amount)
    return { differs: 'price', said: price.amount, billed: amountText(amount) };
  // Who agreed that the money is held until the event is over does not pay it to the provider at once.
  return escrow !== undefined && !subject.held ? { differs: 'escrow', said: 'escrow', billed: 'provider' } : undefined;
}

type Versions = NamedTerms['versions'];

function lineDifference(versions: Versions, lines: readonly BilledLine[], currency: string): TermsDifference | undefined {
  const [{ offer, price }] = versions;
  // Usage is priced by its price books.
  if (price.cycle === 'usage') return undefined;
  const prices = versions.filter((each) => each.price.cycle !== 'usage').map((each) => moneyOf(each.price.amount, currency).amount);
  const wrong = lines.find(
    ({ product, count, amount }) => product === offer && !mayBeCharged(prices, BigInt(count), moneyOf(amount, currency).amount),
  );
  return wrong === undefined ? undefined : { differs: 'price', said: `${wrong.count} x ${price.amount}`, billed: wrong.amount };
}

/**
 * Whether charges of the offer can come to this sum. Each is for several units of it at one of the prices, or for a part of the time and so for less
 * than one: of one charge that can be told, and of several that the offer costs something.
 */
function mayBeCharged(prices: readonly bigint[], count: bigint, sum: bigint): boolean {
  return sum <= 0n || prices.some((price) => price > 0n && (count > 1n || sum <= price || sum % price === 0n));
}

/**
 * A price book that the terms name is used as they name it, or in a later version: what it says of other offers goes on. An earlier one is another offer's as
 * well, unless there is nothing else in the bill.
 */
function bookDifference(
  versions: Versions,
  { lines, priceBooks }: Extract<TermsSubject, { readonly kind: 'invoice' }>,
): TermsDifference | undefined {
  const [{ offer }] = versions;
  if (lines.some(({ product }) => product !== offer)) return undefined;
  const named = versions.flatMap((each) => each.priceBooks);
  for (const { stream, revision } of priceBooks) {
    const of = named.filter((each) => each.stream === stream);
    const [first] = of;
    if (first === undefined || of.some((each) => BigInt(each.revision) <= BigInt(revision))) continue;
    return { differs: 'price-book', said: `${stream}@${first.revision}`, billed: `${stream}@${revision}` };
  }
  return undefined;
}
