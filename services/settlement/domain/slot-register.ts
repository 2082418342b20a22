import type { Aggregate } from '../../commands/domain/aggregate.ts';
import { accept, type Decision, repeated } from '../../commands/domain/decision.ts';
import { GrowingMap } from '../../commands/domain/growing-map.ts';
import { type SlotPurpose, type SlotRegisterEvent, slotRegisterEvents } from './slot.events.ts';

/** The gapless sequence of a provider's slots: its word on chain holds 256 of them, so that neighbours cost a quarter of the gas. */
export interface SlotRegister {
  readonly last: bigint;
  /** By purpose, as it was given first. */
  readonly slots: GrowingMap<string, Given>;
  /** By the seq in whose place they came. */
  readonly replacements: GrowingMap<string, Given>;
}

interface Given {
  readonly seq: string;
  readonly revision: bigint;
}

export const slotRegister: Aggregate<SlotRegister, SlotRegisterEvent> = {
  initial: { last: 0n, slots: GrowingMap.empty(), replacements: GrowingMap.empty() },
  evolve: (state, { event, revision }) => {
    const { seq, purpose } = event.data;
    const [known, last, given] = [slotFor(state, purpose), BigInt(seq), { seq, revision }];
    if (known === undefined) return { ...state, last, slots: state.slots.with(purpose, given) };
    return { ...state, last, replacements: state.replacements.with(known.seq, given) };
  },
  version: 2,
  events: slotRegisterEvents,
};

/** The one that a purpose has now. */
export function slotFor({ slots, replacements }: SlotRegister, purpose: string): Given | undefined {
  let given = slots.get(purpose);
  for (let next = given; next !== undefined; next = replacements.get(next.seq)) given = next;
  return given;
}

/** Gives a purpose the next slot; a purpose that has one keeps it. */
export function allocateSlot(state: SlotRegister, purpose: string): Decision<SlotRegisterEvent, never> {
  const known = slotFor(state, purpose);
  if (known !== undefined) return repeated(known.revision);
  return accept({ type: 'SlotAllocated/1', data: { seq: (state.last + 1n).toString(), purpose } });
}

/** Gives a purpose the next slot instead of one that no payment can land in; one that has another by now keeps that. */
export function replaceSlot(
  state: SlotRegister,
  { purpose, seq }: { readonly purpose: string; readonly seq: string },
): Decision<SlotRegisterEvent, never> {
  const known = slotFor(state, purpose);
  if (known !== undefined && known.seq !== seq) return repeated(known.revision);
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
