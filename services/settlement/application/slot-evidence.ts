import type { ContractPlace } from '../domain/quote.ts';
import type { SlotEvidence } from '../domain/slot.events.ts';

export interface SlotOnChain extends ContractPlace {
  readonly module: 'settlement' | 'escrow';
  readonly providerId: string;
  readonly seq: string;
}

/** What a chain says of a slot, as far as blocks are final. */
export interface SlotWitness {
  /**
   * `cancelled` or `unpaid` as of the last final block; undefined when the slot was paid there, or when it was closed and its log is not
   * known to be a cancellation. Throws a chain fault when no node answers.
   */
  evidenceOf(slot: SlotOnChain): Promise<Exclude<SlotEvidence, { readonly kind: 'unquoted' }> | undefined>;
}

export const SLOT_WITNESS = Symbol('SlotWitness');
