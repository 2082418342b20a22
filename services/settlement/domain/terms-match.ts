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
 * Undefined where nothing speaks against it. Of a bill, which is made of many things, what is of the offer is compared: its charges, and those
 * that were rated by its price books. A title has one price for ever, which terms that are paid once name.
 */
export function termsDifference({ versions, isChosen }: NamedTerms, subject: TermsSubject): TermsDifference | undefined {
  const [{ price, escrow }] = versions;
  const { kind, amount } = subject;
  const isForTitle = kind === 'title' && price.cycle === 'once';
  if (price.currency !== amount.currency)
    return isForTitle || isChosen ? { differs: 'currency', said: price.currency, billed: amount.currency } : undefined;
  if (kind === 'invoice') return lineDifference(versions, subject.lines, price.currency) ?? bookDifference(versions, subject.priceBooks);
  if (!isForTitle) return undefined;
  if (moneyOf(price.amount, price.currency).amount !== amount.amount)
    return { differs: 'price', said: price.amount, billed: amountText(amount) };
  // Who agreed that the money is held until the event is over does not pay it to the provider at once.
  return escrow !== undefined && !subject.held ? { differs: 'escrow', said: 'escrow', billed: 'provider' } : undefined;
}

function lineDifference(
  versions: readonly [TermsDocument, ...TermsDocument[]],
  lines: readonly BilledLine[],
  currency: string,
): TermsDifference | undefined {
  const [{ offer, price }] = versions;
  // Usage is priced by its price books.
  const prices = versions.filter((each) => each.price.cycle !== 'usage').map((each) => moneyOf(each.price.amount, currency).amount);
  if (price.cycle === 'usage') return undefined;
  const wrong = lines.find(
    ({ product, count, amount }) => product === offer && !isSumOf(prices, BigInt(count), moneyOf(amount, currency).amount),
  );
  return wrong === undefined ? undefined : { differs: 'price', said: `${wrong.count} x ${price.amount}`, billed: wrong.amount };
}

/** So many charges, each at one of the prices: a price changes once within a bill, so that two are looked for at most. */
function isSumOf(prices: readonly bigint[], count: bigint, sum: bigint): boolean {
  return prices.some((price) =>
    prices.some((other) => {
      const rest = sum - count * other;
      if (price === other) return rest === 0n;
      const times = rest / (price - other);
      return rest % (price - other) === 0n && times >= 0n && times <= count;
    }),
  );
}

/** A price book that the terms name is used as they name it. What was rated by another one is another offer's. */
function bookDifference(versions: readonly TermsDocument[], used: TermsDocument['priceBooks']): TermsDifference | undefined {
  const named = versions.flatMap(({ priceBooks }) => priceBooks);
  for (const { stream, revision } of used) {
    const of = named.filter((each) => each.stream === stream);
    const [first] = of;
    if (first === undefined || of.some((each) => each.revision === revision)) continue;
    return { differs: 'price-book', said: `${stream}@${first.revision}`, billed: `${stream}@${revision}` };
  }
  return undefined;
}
