import type { ContractPlace } from '../../domain/quote.ts';
import type { SlotEvidence } from '../../domain/slot.events.ts';

export interface SlotOnChain extends ContractPlace {
  readonly module: 'settlement' | 'escrow';
  /** Slug of whoever is paid, and the number on chain. */
  readonly provider: string;
  readonly providerId: string;
  readonly seq: string;
}

/** What a chain says of a slot, as far as blocks are final. */
export interface SlotWitness {
  /**
   * `unpaid` as of the last final block, `cancelled` by a block that the books hold as final; undefined when the slot was paid there, or was
   * closed and the books do not say how. Throws a chain fault when too few nodes answer.
   */
  evidenceOf(slot: SlotOnChain): Promise<Exclude<SlotEvidence, { readonly kind: 'unquoted' }> | undefined>;
}

export const SLOT_WITNESS = Symbol('SlotWitness');
