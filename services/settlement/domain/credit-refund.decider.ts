import { accept, type Decision, reject, repeated } from '../../commands/domain/decision.ts';
import { type Currency, scalesOf } from '../../money/currency.ts';
import { amountText, isPayable, type Money, moneyOf } from '../../money/money.ts';
import { epochOf } from './credit-epoch.ts';
import { type CreditHolding, isTakenBack, refundableTo } from './credit-holding.ts';
import { creditRefundUnits } from './credit-refund-order.ts';
import type { CreditIssueOrdered } from './dispatch.events.ts';
import type { SlotEvent } from './slot.events.ts';
import type { DecidedCreditRefund, Slot } from './slot.ts';

/* Prepaid credit that is taken back (docs/decisions/0113). Rejections are listed in precedence order. */

export type CreditRefundRejection =
  | { readonly code: 'slot_not_found' }
  | { readonly code: 'currency_mismatch'; readonly account: string; readonly given: string }
  | { readonly code: 'amount_not_payable'; readonly amount: string; readonly currency: string }
  | { readonly code: 'nothing_to_refund'; readonly paid: string; readonly currency: string }
  | {
      readonly code: 'refund_above_payment';
      readonly paid: string;
      readonly refundable: string;
      readonly required: string;
      readonly currency: string;
    }
  /** So much of it is not there any more: it was spent, or is over. */
  | {
      readonly code: 'refund_above_unspent';
      readonly bought: string;
      readonly refundable: string;
      readonly required: string;
      readonly currency: string;
    };

export interface RefundCreditData {
  readonly refund: string;
  /** What gave out the credit that was bought in the slot. */
  readonly issue: CreditIssueOrdered;
  /** What each account has under the address that it was given out to, by what is final of it. */
  readonly holding: CreditHolding;
  /** Decided of what the account bought under that address in other slots. */
  readonly elsewhere: readonly DecidedCreditRefund[];
  /** Everything of it that is neither spent nor taken back when absent. */
  readonly amount?: Money;
  readonly reason: string;
  readonly now: string;
}

/**
 * Decides that credit is taken back, of one purchase never more than was bought, nor more than the account has left by the books: it is spent
 * from the oldest, whatever purchase that came from. What its holder spends meanwhile the contract knows, and refuses.
 */
export function refundCredit(
  state: Slot,
  { refund, issue, holding, elsewhere, amount: asked, reason, now }: RefundCreditData,
): Decision<SlotEvent, CreditRefundRejection> {
  if (state.status === 'none') return reject({ code: 'slot_not_found' });
  const known = state.creditRefunds.find((each) => each.refund === refund);
  if (known !== undefined) return repeated(known.revision);
  const { seq, account } = state.opened;
  const bought = moneyOf(issue.amount, issue.currency);
  const { currency } = bought;
  const textOf = (amount: bigint) => amountText({ amount, currency });
  if (asked !== undefined && asked.currency !== currency)
    return reject({ code: 'currency_mismatch', account: currency, given: asked.currency });
  const left = bought.amount - takenBack(state);
  const refundable = smaller(left, unspentOf({ decided: [...state.creditRefunds, ...elsewhere], issue, holding, now }));
  const amount = asked ?? { amount: refundable, currency };
  const required = amountText(amount);
  if (asked !== undefined && (!isPayable(asked) || creditRefundUnits(issue, required) === undefined))
    return reject({ code: 'amount_not_payable', amount: required, currency });
  if (refundable === 0n) return reject({ code: 'nothing_to_refund', paid: issue.amount, currency });
  if (amount.amount > left)
    return reject({ code: 'refund_above_payment', paid: issue.amount, refundable: textOf(refundable), required, currency });
  if (amount.amount > refundable)
    return reject({ code: 'refund_above_unspent', bought: issue.amount, refundable: textOf(refundable), required, currency });
  return accept({ type: 'CreditRefundDecided/1', data: { seq, refund, account, holder: issue.to, amount: required, currency, reason } });
}

type OpenedSlot = Exclude<Slot, { readonly status: 'none' }>;

interface FailCreditRefundData {
  readonly refund: string;
  readonly failure: string;
}

/** Nothing came of it, and nothing will. The holder has what it had; whoever still wants it decides anew, under another number. */
export function failCreditRefund(
  state: Slot,
  { refund, failure }: FailCreditRefundData,
): Decision<SlotEvent, { readonly code: 'refund_not_found'; readonly refund: string }> {
  const known = state.status === 'none' ? undefined : state.creditRefunds.find((each) => each.refund === refund);
  if (known === undefined) return reject({ code: 'refund_not_found', refund });
  if (known.failed !== undefined) return repeated(known.failed.revision);
  return accept({ type: 'CreditRefundFailed/1', data: { seq: known.seq, refund, failure } });
}

interface UnspentData extends Pick<RefundCreditData, 'issue' | 'holding' | 'now'> {
  readonly decided: readonly DecidedCreditRefund[];
}

/**
 * What the account has of the credit, less what was decided to be taken of it, in whatever slot that was bought, and is not burnt yet; in whole
 * payable units.
 */
function unspentOf({ decided, issue, holding, now }: UnspentData): bigint {
  const [whole, units] = [moneyOf(issue.amount, issue.currency).amount, BigInt(issue.units)];
  const { payableScale, ledgerScale } = scalesOf(issue.currency as Currency);
  const payable = 10n ** BigInt(ledgerScale - payableScale);
  const had = (refundableTo(holding, issue.account, epochOf(now)) * whole) / units;
  const coming = decided.filter(({ refund, failed }) => failed === undefined && !isTakenBack(holding, refund));
  const left = coming.reduce((sum, { amount, currency }) => sum - moneyOf(amount, currency).amount, had);
  return left > 0n ? left - (left % payable) : 0n;
}

function smaller(left: bigint, right: bigint): bigint {
  return left < right ? left : right;
}

function takenBack({ creditRefunds }: OpenedSlot): bigint {
  return creditRefunds.reduce(
    (sum, { amount, currency, failed }) => (failed === undefined ? sum + moneyOf(amount, currency).amount : sum),
    0n,
  );
}
