import type { Aggregate } from '../../commands/domain/aggregate.ts';
import { accept, type Decision, repeated } from '../../commands/domain/decision.ts';
import { GrowingMap } from '../../commands/domain/growing-map.ts';
import { type SlotPurpose, type SlotRegisterEvent, slotRegisterEvents } from './slot.events.ts';

/** The gapless sequence of a provider's slots: its word on chain holds 256 of them, so that neighbours cost a quarter of the gas. */
export interface SlotRegister {
  readonly last: bigint;
  /** By purpose. */
  readonly slots: GrowingMap<string, { readonly seq: string; readonly revision: bigint }>;
}

export const slotRegister: Aggregate<SlotRegister, SlotRegisterEvent> = {
  initial: { last: 0n, slots: GrowingMap.empty() },
  evolve: (state, { event, revision }) => {
    const { seq, purpose } = event.data;
    return { last: BigInt(seq), slots: state.slots.with(purpose, { seq, revision }) };
  },
  version: 1,
  events: slotRegisterEvents,
};

/** Gives a purpose the next slot; a purpose that has one keeps it. */
export function allocateSlot(state: SlotRegister, purpose: string): Decision<SlotRegisterEvent, never> {
  const known = state.slots.get(purpose);
  if (known !== undefined) return repeated(known.revision);
  return accept({ type: 'SlotAllocated/1', data: { seq: (state.last + 1n).toString(), purpose } });
}

/** What tells a purpose from every other of the provider. */
export function purposeKey(purpose: SlotPurpose): string {
  return purpose.kind === 'invoice' ? `invoice:${purpose.invoice}:${purpose.instalment}` : `order:${purpose.order}`;
}

/** What `invoiceRef` is made of: the same thing paid in parts has the same reference in each of them. */
export function referenceOf(purpose: SlotPurpose): string {
  return purpose.kind === 'invoice' ? purpose.invoice : purpose.order;
}
