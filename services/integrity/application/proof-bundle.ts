import type { AnchorRecord } from './anchors-query.ts';

/*
 * The proof bundle of docs/reference/log-format.md: what somebody who owns a few streams of a log needs to check them alone and offline.
 * Numbers are decimal text, hashes hex, bytes base64.
 */

/** A leaf, its opened payload, and its way to the root of the bundle's head. */
export type BundledLeaf = {
  readonly index: string;
  /** E, base64. */
  readonly entry: string;
  /** P, base64; null where the event store has lost the event. */
  readonly payload: string | null;
  /** Opens `pay`, 64 hex. */
  readonly salt: string;
  /** Base64; only of an event that breaks the format, which it shows. */
  readonly metadata?: string;
  /** From the leaf's sibling up. */
  readonly path: readonly string[];
};

export type BundledBalance = {
  readonly account: string;
  readonly currency: string;
  /** The exact text in the map; absent where nothing was ever posted. */
  readonly value?: string;
  /** From the root of the map down. */
  readonly siblings: readonly string[];
  readonly terminal?: { readonly key: string; readonly valueHash: string };
};

export type BundledAnchor = AnchorRecord & {
  /** From the anchored tree to the bundle's head (RFC 9162, 2.1.4). */
  readonly consistency: readonly string[];
};

export type ProofBundle = {
  readonly v: 'tallyroot-bundle/1';
  /** Whose streams these are. */
  readonly account: string;
  /** Present where the bundle is about one invoice. */
  readonly invoice?: string;
  readonly genesis: { readonly entry: string; readonly payload: string; readonly salt: string };
  /** `LogPolicyChanged` and `KeyRotated`, in order. */
  readonly policies: readonly BundledLeaf[];
  /** Signed tree head; every path leads to its root. */
  readonly checkpoint: string;
  /** Of each chain the last final anchor that the head covers. */
  readonly anchors: readonly BundledAnchor[];
  /** The last `StateCommitted`. */
  readonly commitment: BundledLeaf;
  readonly balances: readonly BundledBalance[];
  readonly leaves: readonly BundledLeaf[];
};
