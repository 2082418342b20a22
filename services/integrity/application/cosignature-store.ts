import type { Cosignature } from '../domain/cosignature.ts';
import type { PublishedHead } from '../domain/tree-head.ts';

/** Heads that were shown to witnesses, and what these said of them. `log` is the provider's slug. */
export interface CosignatureStore {
  /** Safe to repeat. Only the last heads are kept. */
  offer(log: string, head: PublishedHead): Promise<void>;
  /** Durable when it returns. Replaces an earlier word of the witness on the same head; does nothing for a head that is not kept any more. */
  keep(log: string, size: bigint, vkey: string, cosignature: Cosignature): Promise<void>;
  /** By the witness's vkey, what it cosigned last, as far as it is kept. */
  last(log: string): Promise<ReadonlyMap<string, CosignedSize>>;
}

export interface CosignedSize {
  readonly size: bigint;
  readonly at: Date;
}

/** What readers are shown. */
export interface CosignedHeads {
  /**
   * The head with the most cosignatures, the newest of those, its note with their lines. While witnesses answer, that is one of the last
   * seconds; while none does, it is the published head. `published` is what the log shows otherwise.
   */
  shown(log: string, published: PublishedHead): Promise<PublishedHead>;
}
