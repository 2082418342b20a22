import type { TreeHead } from '../domain/tree-head.ts';
import type { Anchor } from './anchor-store.ts';
import type { LeafRow } from './leaf-store.ts';

/** Finds what a log holds by what is known of it from elsewhere: from a receipt, a block explorer, a bill. `log` is the provider's slug. */
export interface LogIndex {
  leafAt(log: string, index: bigint): Promise<LeafRow | undefined>;
  leafByHash(log: string, hash: Buffer): Promise<LeafRow | undefined>;
  /** In order of the log; of an id that was written twice, the first. */
  leavesOfEvents(log: string, eventIds: readonly string[]): Promise<LeafRow[]>;
  /** One transaction may bring several sizes of a log to several contracts. */
  anchorsByTransaction(log: string, tx: string): Promise<Anchor[]>;
  anchorsOfRoot(log: string, root: Buffer): Promise<Anchor[]>;
  anchorsOfSize(log: string, size: bigint): Promise<Anchor[]>;
  /** The first head that covered a round's commitment, with this root. */
  committedHeadOfRoot(log: string, root: Buffer): Promise<TreeHead | undefined>;
  committedHeadOfSize(log: string, size: bigint): Promise<TreeHead | undefined>;
  /** Of each contract the anchor of fewest leaves that covers a leaf and may still become final, or is. */
  anchorsCovering(log: string, index: bigint): Promise<Anchor[]>;
}

export const LOG_INDEX = Symbol('LogIndex');
