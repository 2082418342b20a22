import type { ChainEffect } from '../../domain/chain-effect.ts';

/** How far the chain is, as block numbers. */
export interface ChainHeads {
  readonly head: bigint;
  /** Blocks up to this one are there for good. */
  readonly finalized: bigint;
}

/**
 * Where an effect stands in the ledger. `finalized`: nothing more will come of it. `ignored`: the provider on chain is none of ours, and
 * nothing was written.
 */
export type EffectStanding = 'observed' | 'confirmed' | 'finalized' | 'ignored';

/** The end of a mandate, as its contract tells it: without the provider. */
export interface MandateEnd {
  readonly chainId: string;
  readonly contract: string;
  /** Its digest, which is its id. */
  readonly mandate: string;
}

/** What the watcher drives: from what a chain shows to facts in the log. */
export interface SettlementLedger {
  /** Numbers on chain of the providers whose effects are not ignored, as of now: they only become more. */
  providers(): Promise<readonly string[]>;
  /** The last number of a slot that was given out for this provider, on whatever chain it is paid; 0 for none. All before it were given out too. */
  lastSlot(providerId: string): Promise<bigint>;
  /**
   * Takes in an effect that is on the canonical chain, and writes what the policy says for these heads: observed, confirmed, finalized.
   * Durable when it answers. Safe to repeat, with the same heads or later ones, after a crash anywhere; the watcher calls it again at each
   * new head until it answers `finalized` or `ignored`. Effects are to be finalised in the order of the chain.
   */
  take(effect: ChainEffect, heads: ChainHeads): Promise<EffectStanding>;
  /**
   * The block of this observation is not on the canonical chain any more: what it posted is taken back. Durable when it answers, safe to
   * repeat. The same effect in another block, or in the same block once the chain came back to it, is then taken anew. What is final is taken
   * back only for the reason of an operator, in whatever block it stands, unless nothing hangs on it.
   */
  reorged(effect: ChainEffect, reason?: string): Promise<void>;
  /**
   * Payers, or providers' admins, ended mandates on chain: nothing is collected by them any more, from the block on that shows it. What was
   * decided by whoever may stands, whatever becomes of the block. Durable when it answers, safe to repeat.
   */
  mandatesRevoked(ends: readonly MandateEnd[]): Promise<void>;
}

/** Nest injection token of the port. */
export const SETTLEMENT_LEDGER = Symbol('SettlementLedger');
