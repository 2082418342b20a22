import type { Aggregate } from '../../commands/domain/aggregate.ts';
import { accept, type Decision, repeated } from '../../commands/domain/decision.ts';
import { GrowingMap } from '../../commands/domain/growing-map.ts';
import { type RefundRegisterEvent, refundRegisterEvents } from './refund-register.events.ts';

/** The gapless sequence of a provider's refunds: the contract keeps one bit for each, 256 in a word. */
export interface RefundRegister {
  readonly last: bigint;
  /** By refund. */
  readonly numbers: GrowingMap<string, { readonly refundSeq: string; readonly revision: bigint }>;
}

export const refundRegister: Aggregate<RefundRegister, RefundRegisterEvent> = {
  initial: { last: 0n, numbers: GrowingMap.empty() },
  evolve: (state, { event, revision }) => {
    const { refundSeq, refund } = event.data;
    return { last: BigInt(refundSeq), numbers: state.numbers.with(refund, { refundSeq, revision }) };
  },
  version: 1,
  events: refundRegisterEvents,
};

/** Gives a refund the next number; a refund that has one keeps it, so that it can never be paid under two. */
export function numberRefund(state: RefundRegister, refund: string): Decision<RefundRegisterEvent, never> {
  const known = state.numbers.get(refund);
  if (known !== undefined) return repeated(known.revision);
  return accept({ type: 'RefundNumbered/1', data: { refundSeq: (state.last + 1n).toString(), refund } });
}
