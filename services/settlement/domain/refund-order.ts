import type { SettlementRefundDecided } from '../../accounts/domain/account-settlement.events.ts';
import { amountText, moneyOf } from '../../money/money.ts';
import { divide } from '../../money/rounding.ts';
import type { EffectOf } from './chain-effect.ts';
import type { DispatchFailure, RefundOrdered } from './dispatch.events.ts';
import type { Dispatch } from './dispatch.ts';
import { invoiceRefOf } from './quote.ts';
import type { MatchedPayment } from './settlement.events.ts';
import { noTerms } from './terms.ts';
import { type KnownToken, tokenMoney } from './token-amount.ts';

/** A payment as far as what goes back depends on it. */
export interface RefundablePayment {
  readonly amount: string;
  readonly currency: string;
  readonly tokenUnits: string;
}

/**
 * How many units of the token go back for an amount of what was paid: by the rate that was paid at, whatever the rate is now. Rounded down, so
 * that all parts together never are more than what came.
 */
export function refundUnits(paid: RefundablePayment, amount: string): bigint {
  const [whole, part] = [moneyOf(paid.amount, paid.currency).amount, moneyOf(amount, paid.currency).amount];
  if (part > whole) throw new RangeError(`A refund of ${amount} ${paid.currency} is more than the ${paid.amount} that were paid.`);
  return divide(BigInt(paid.tokenUnits) * part, whole, 'down');
}

export interface RefundSource {
  /** Where the payment was made, with the contract that pays it back. */
  readonly seen: { readonly chainId: string; readonly contract: string; readonly providerId: string };
  readonly payment: MatchedPayment;
  readonly token: KnownToken;
  readonly refundSeq: string;
  readonly salt: string;
}

/** The order that carries out what the account decided. */
export function refundOrdered(
  { refund, settlement, slot, account, amount, currency, to }: SettlementRefundDecided,
  { seen: { chainId, contract, providerId }, payment, token, refundSeq, salt }: RefundSource,
): RefundOrdered {
  const tokenUnits = refundUnits(payment, amount).toString();
  return {
    ...{ chainId, contract, providerId, refund, refundSeq, settlement, slot, account, amount, currency },
    ...{ token: token.address, tokenCurrency: token.currency, tokenAmount: amountText(tokenMoney(tokenUnits, token)), tokenUnits },
    ...{ to: to ?? payment.payer, salt, reason: invoiceRefOf({ salt, invoiceId: refund, termsHash: noTerms }) },
  };
}

/**
 * Whose refund this is: that which the ledger ordered under this number, to the unit. Anything else was paid by somebody who has the key, and
 * so was what has failed: the account has that money again.
 */
export function matchingRefund(state: Dispatch, { chainId, contract, providerId, log }: EffectOf<'Refunded'>): RefundOrdered | undefined {
  if (state.status === 'none' || state.order.type !== 'RefundOrdered/1') return undefined;
  if (state.status === 'failed' && !isNumberTaken(state.failure)) return undefined;
  const { data } = state.order;
  const isHere = data.chainId === chainId && data.contract === contract && data.providerId === providerId;
  const isIt = data.refundSeq === log.refundSeq && data.slot === log.seq && data.to === log.to && data.token === log.token;
  return isHere && isIt && data.tokenUnits === log.amount ? data : undefined;
}

/**
 * Whether a refund failed because the contract has seen its number before: paid by a transaction of ours that was forgotten, or by somebody
 * else. Which of them, the chain says by what was paid under it.
 */
export function isNumberTaken(failure: DispatchFailure): boolean {
  return failure.code === 'reverted' && failure.error.startsWith('ProviderSettlementAlreadyRefunded(');
}

/** Why nothing came of an order, in one line. */
export function failureText(failure: DispatchFailure): string {
  return failure.code === 'reverted' ? `reverted: ${failure.error}` : failure.code;
}
