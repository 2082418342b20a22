import type { EffectKey } from './watcher-store.ts';

/** What the ledger says to be there for good. */
export interface FinalClaim extends EffectKey {
  /** Where it was seen. */
  readonly block: string;
  readonly tx: string;
}

/** What became final in the ledger, from the ledger's side. */
export interface FinalClaims {
  /** On a chain, up to a block, in pages; as far as what it is read from has come. */
  pages(chainId: string, upTo: bigint): AsyncIterable<readonly FinalClaim[]>;
}
