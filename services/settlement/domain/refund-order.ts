import { moneyOf } from '../../money/money.ts';
import { divide } from '../../money/rounding.ts';
import type { EffectOf } from './chain-effect.ts';
import type { Dispatch } from './dispatch.ts';
import type { RefundOrdered } from './dispatch.events.ts';

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

/** Whose refund this is: that which the ledger ordered under this number, to the unit. Anything else was paid by somebody who has the key. */
export function matchingRefund(state: Dispatch, { chainId, contract, providerId, log }: EffectOf<'Refunded'>): RefundOrdered | undefined {
  if (state.status === 'none' || state.order.type !== 'RefundOrdered/1') return undefined;
  const { data } = state.order;
  const isHere = data.chainId === chainId && data.contract === contract && data.providerId === providerId;
  const isIt = data.refundSeq === log.refundSeq && data.slot === log.seq && data.to === log.to && data.token === log.token;
  return isHere && isIt && data.tokenUnits === log.amount ? data : undefined;
}
