import { isObject, parseJson } from '../log/canonical-json.ts';
import type { StatedAnchor } from '../checks/check.ts';

/*
 * A file of evidence: what an outsider needs, besides the genesis hash, to see what is wrong with a log. Bytes are base64, hashes 64 hex, sizes
 * and indexes decimal text: docs/reference/evidence.md.
 */

export const evidenceVersion = 'tallyroot-evidence/1';

/** A leaf with its path in the tree of the head. */
export interface ShownLeaf {
  readonly index: string;
  readonly entry: string;
  readonly path: readonly string[];
}

/** With the stored event, which opens what the leaf commits to. */
export interface OpenLeaf extends ShownLeaf {
  readonly event: ShownEvent;
}

/** A line of the file of payloads. */
export interface ShownEvent {
  readonly id: string;
  readonly stream: string;
  readonly rev: string;
  readonly type: string;
  readonly data: string;
  readonly metadata: string;
}

/** The root that the tree of the head had at a size, and the way from there to the head. */
export interface TreeAt {
  readonly root: string;
  readonly consistency: readonly string[];
}

export type EvidenceItem = { readonly check: string; readonly message: string } & EvidenceProof;

export type EvidenceProof =
  | {
      /** The tree of the head has another root at a size than another head of the log, or an anchor, states. */
      readonly kind: 'root';
      readonly size: string;
      readonly stated: { readonly root: string; readonly head?: string; readonly anchor?: StatedAnchor };
      readonly tree: TreeAt;
    }
  | { readonly kind: 'form'; readonly leaf: ShownLeaf }
  | { readonly kind: 'stream'; readonly leaf: ShownLeaf; readonly before: ShownLeaf }
  | { readonly kind: 'unbalanced'; readonly leaf: OpenLeaf }
  /** What is served at a place is not what the tree has there; nobody signed what is served. */
  | { readonly kind: 'entry'; readonly served: string; readonly index: string; readonly leafHash: string; readonly path: readonly string[] }
  | { readonly kind: 'payload'; readonly leaf: ShownLeaf; readonly served: ShownEvent }
  /** A policy or key that the log cannot go on under, or that nobody signed for. */
  | { readonly kind: 'policy'; readonly leaf: OpenLeaf }
  /** A leaf that says to be older than the final block of a tick before it. */
  | { readonly kind: 'before tick'; readonly leaf: OpenLeaf; readonly tick: OpenLeaf }
  /** A leaf that says to be younger than the block of an anchor that covers it. */
  | {
      readonly kind: 'behind anchor';
      readonly leaf: OpenLeaf;
      readonly size: string;
      readonly anchor: StatedAnchor;
      readonly tree: TreeAt;
    }
  /** What the log promised, as the receipt that it signed; and the other leaf that it holds there, where it holds one. */
  | { readonly kind: 'receipt'; readonly receipt: Readonly<Record<string, unknown>>; readonly leaf?: ShownLeaf }
  /** What the log answered and signed; and the leaf that says something else, where one alone does. */
  | { readonly kind: 'answer'; readonly note: string; readonly leaf?: OpenLeaf }
  /** To be seen by verifying the log, or its mirror, and not from a few leaves. */
  | { readonly kind: 'statement'; readonly index?: string; readonly terms: Readonly<Record<string, string>> };

export interface Evidence {
  readonly v: typeof evidenceVersion;
  /** As the log serves it: entry, payload, salt. */
  readonly genesis: { readonly entry: string; readonly payload: string; readonly salt: string };
  /** The signed head whose tree the leaves are in. */
  readonly head: string;
  /** Leaves that brought new keys or policies, in order. */
  readonly policies: readonly OpenLeaf[];
  readonly items: readonly EvidenceItem[];
}

/** Reads a file as far as its outer form; what is inside is checked by whoever uses it. */
export function parseEvidence(text: string): Evidence | undefined {
  const file = parseJson(text);
  if (!isObject(file) || file['v'] !== evidenceVersion || typeof file['head'] !== 'string' || !isObject(file['genesis'])) return undefined;
  if (!Array.isArray(file['policies']) || !Array.isArray(file['items'])) return undefined;
  return file as unknown as Evidence;
}
