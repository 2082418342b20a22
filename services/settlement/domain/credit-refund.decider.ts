import { accept, type Decision, reject, repeated } from '../../commands/domain/decision.ts';
import { amountText, isPayable, type Money, moneyOf } from '../../money/money.ts';
import { creditRefundUnits } from './credit-refund-order.ts';
import type { CreditIssueOrdered } from './dispatch.events.ts';
import type { SlotEvent } from './slot.events.ts';
import type { Slot } from './slot.ts';

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
    };

export interface RefundCreditData {
  readonly refund: string;
  /** What gave out the credit that was bought in the slot. */
  readonly issue: CreditIssueOrdered;
  /** Everything that was not taken back yet when absent. */
  readonly amount?: Money;
  readonly reason: string;
}

/**
 * Decides that credit is taken back, of one purchase never more than was bought. Whether its holder has so much of it left is for the contract
 * to say, which takes the oldest first, whatever purchase it came from.
 */
export function refundCredit(
  state: Slot,
  { refund, issue, amount: asked, reason }: RefundCreditData,
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
  const amount = asked ?? { amount: left, currency };
  const required = amountText(amount);
  if (asked !== undefined && (!isPayable(asked) || creditRefundUnits(issue, required) === undefined))
    return reject({ code: 'amount_not_payable', amount: required, currency });
  if (left === 0n) return reject({ code: 'nothing_to_refund', paid: issue.amount, currency });
  if (amount.amount > left)
    return reject({ code: 'refund_above_payment', paid: issue.amount, refundable: textOf(left), required, currency });
  return accept({ type: 'CreditRefundDecided/1', data: { seq, refund, account, holder: issue.to, amount: required, currency, reason } });
}

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

function takenBack({ creditRefunds }: Exclude<Slot, { readonly status: 'none' }>): bigint {
  return creditRefunds.reduce(
    (sum, { amount, currency, failed }) => (failed === undefined ? sum + moneyOf(amount, currency).amount : sum),
    0n,
  );
}
