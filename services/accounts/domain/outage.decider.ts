import { accept, type Decision, reject, repeated } from '../../commands/domain/decision.ts';
import { type Decimal, parseDecimal } from '../../money/decimal.ts';
import { amountText, type Money } from '../../money/money.ts';
import { credit, debit } from '../../money/posting.ts';
import { divide, roundToPayable } from '../../money/rounding.ts';
import type { AccountRejection } from './account.commands.ts';
import type { AccountEvent } from './account.events.ts';
import type { Account, OpenAccount } from './open-account.ts';
import { currencyMismatch } from './charging.decider.ts';
import { ledgerAccount } from './chart.ts';
import { type Cycle, cycleKey, cycleOf, downMsOf, nothingCredited } from './sla.ts';
import type { KnownOutage } from './open-account.ts';
import type { NamedTerms, OutageRecorded, SlaCredited } from './sla.events.ts';

/** What terms promise of a service, as they were published. */
export interface PromisedService {
  readonly terms: NamedTerms;
  readonly offer: string;
  readonly price: Money;
  /** `month` or `year`; nothing is promised for another one. */
  readonly cycle: string;
  readonly slaCredits: readonly { readonly availabilityBelow: string; readonly creditPercent: string }[];
}

export interface RecordOutageData extends Pick<OutageRecorded, 'from' | 'until' | 'source' | 'evidence'> {
  readonly promised: PromisedService;
  readonly effectiveAt: string;
}

/** The bucket of the wallet that credits of terms lie in. */
const slaBucket = 'sla';

/**
 * Records an outage; where it brings the cycle below what the terms promise, it makes the credit, too, in the same append and with every outage
 * that it follows from. A further promise that a later outage breaks is credited by what it gives more. Rejections are listed in precedence order.
 */
export function recordOutage(account: Account, data: RecordOutageData): Decision<AccountEvent, AccountRejection> {
  if (account.status === 'none') return reject({ code: 'account_not_found' });
  const { promised, from, until, source, evidence, effectiveAt } = data;
  const { terms, offer, price } = promised;
  if (price.currency !== account.currency) return reject(currencyMismatch(account, price));
  const cycle = cycleOf(promised.cycle, from);
  if (cycle === undefined || promised.slaCredits.length === 0) return reject({ code: 'availability_not_promised', terms: terms.hash });
  if (from >= until || until > cycle.until || until > effectiveAt) return reject({ code: 'outage_period_invalid', ...cycle });
  const known = account.outageCycles.get(cycleKey(terms.hash, cycle));
  const told = known?.outages.find((each) => each.from === from && each.until === until && each.source === source);
  if (told !== undefined) return repeated(told.revision);
  const outage = { from, until, source, evidence };
  const recorded: AccountEvent = { type: 'OutageRecorded/1', data: { account: account.account, terms, offer, cycle, ...outage } };
  const outages = [...(known?.outages ?? []), { ...outage, revision: account.revision + 1n }];
  const credited = creditOf(account, { promised, cycle, outages, before: known?.credited ?? nothingCredited, effectiveAt });
  return credited === undefined ? accept(recorded) : accept<AccountEvent>(recorded, { type: 'SlaCredited/1', data: credited });
}

interface Breach {
  readonly promised: PromisedService;
  readonly cycle: Cycle;
  readonly outages: readonly KnownOutage[];
  readonly before: string;
  readonly effectiveAt: string;
}

function creditOf({ account }: OpenAccount, { promised, cycle, outages, before, effectiveAt }: Breach): SlaCredited | undefined {
  const { terms, offer, price } = promised;
  const [downMs, cycleMs] = [downMsOf(outages), BigInt(Date.parse(cycle.until) - Date.parse(cycle.from))];
  const broken = promised.slaCredits.filter(({ availabilityBelow }) => isBelow(cycleMs - downMs, cycleMs, decimalOf(availabilityBelow)));
  const [most] = broken.toSorted((left, right) => (compare(decimalOf(left.creditPercent), decimalOf(right.creditPercent)) < 0n ? 1 : -1));
  if (most === undefined || compare(decimalOf(most.creditPercent), decimalOf(before)) <= 0n) return undefined;
  const due = partOf(price, decimalOf(most.creditPercent)) - partOf(price, decimalOf(before));
  if (due <= 0n) return undefined;
  const amount = { amount: due, currency: price.currency };
  return {
    ...{ account, terms, offer, cycle, outages: outages.map(({ revision }) => revision.toString()) },
    ...{ downMs: downMs.toString(), cycleMs: cycleMs.toString(), ...most, before },
    ...{ price: amountText(price), amount: amountText(amount), currency: price.currency, effectiveAt },
    postings: [debit(ledgerAccount.revenue(offer), amount), credit(ledgerAccount.wallet(account, slaBucket), amount)],
  };
}

/** Exactly: nothing is rounded before it is compared. */
function isBelow(upMs: bigint, cycleMs: bigint, { digits, scale }: Decimal): boolean {
  return upMs * 100n * 10n ** BigInt(scale) < digits * cycleMs;
}

/** Rounded half-up to what can be paid. */
function partOf(price: Money, { digits, scale }: Decimal): bigint {
  const exact = { ...price, amount: divide(price.amount * digits, 100n * 10n ** BigInt(scale), 'half-up') };
  return roundToPayable(exact, 'half-up').amount;
}

function compare(left: Decimal, right: Decimal): bigint {
  return left.digits * 10n ** BigInt(right.scale) - right.digits * 10n ** BigInt(left.scale);
}

function decimalOf(text: string): Decimal {
  const decimal = parseDecimal(text);
  if (decimal === undefined) throw new RangeError(`${text} is no decimal.`);
  return decimal;
}
