import { amountText } from '../../money/money.ts';
import type { EffectOf } from './chain-effect.ts';
import type { HoldingAccounts } from './credit-holder.ts';
import { isCreditNumberTaken } from './credit-refund-order.ts';
import type { Dispatch } from './dispatch.ts';
import type { SettlementSubject } from './settlement.events.ts';
import { type KnownToken, tokenMoney } from './token-amount.ts';

/* Whose credit was given out, taken back or is over. What the contract did has to be what the ledger ordered, to the unit. */

/** An issue that was never ordered was made by somebody who has the minter's key: nobody's credit, and an alarm (A37). */
export function matchIssue({ chainId, contract, log }: EffectOf<'CreditIssued'>, state: Dispatch): SettlementSubject {
  if (state.status === 'none' || state.order.type !== 'CreditIssueOrdered/1') return { unmatched: 'issue_unknown' };
  const { data } = state.order;
  const isHere = data.chainId === chainId && data.contract === contract;
  const isIt = data.slot === log.seq && data.to === log.to && data.epoch === log.epoch && data.ref === log.ref;
  if (!isHere || !isIt || data.units !== log.amount) return { unmatched: 'issue_unknown' };
  const { to: holder, account, amount, currency, units, epoch, slot } = data;
  return { credit: { holder, account, amount, currency, units, epoch, slot } };
}

/** As with a refund of money, what failed is nobody's any more, unless it failed because its number was taken (0106). */
export function matchCreditRefund({ chainId, contract, log }: EffectOf<'CreditRefunded'>, state: Dispatch): SettlementSubject {
  if (state.status === 'none' || state.order.type !== 'CreditRefundOrdered/1') return { unmatched: 'credit_refund_unknown' };
  if (state.status === 'failed' && !isCreditNumberTaken(state.failure)) return { unmatched: 'credit_refund_unknown' };
  const { data } = state.order;
  const isHere = data.chainId === chainId && data.contract === contract;
  const isIt = data.refundSeq === log.seq && data.holder === log.holder && data.ref === log.ref && data.units === log.amount;
  if (!isHere || !isIt) return { unmatched: 'credit_refund_unknown' };
  const { holder, account, amount, currency, units, slot, refund } = data;
  return { credit: { holder, account, amount, currency, units, slot, refund } };
}

/** Anybody may burn what is over, so there is no order to compare with: the holder alone says whose it was. */
export function matchExpiry(
  { log }: EffectOf<'CreditExpired'>,
  { accounts: [account] }: HoldingAccounts,
  token: KnownToken | undefined,
): SettlementSubject {
  if (account === undefined) return { unmatched: 'holder_unknown' };
  if (token === undefined) return { unmatched: 'token_unknown' };
  const { holder, amount: units, epoch } = log;
  return { credit: { holder, account, amount: amountText(tokenMoney(units, token)), currency: token.currency, units, epoch } };
}
