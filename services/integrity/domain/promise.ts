import { canonicalJson } from '../../event-store/domain/canonical-json.ts';

/** What a promise speaks of: a durable event of a log. */
export interface PromisedLeaf {
  /** Origin of the log. */
  readonly log: string;
  /** Leaf hash, 64 hex. */
  readonly leaf: string;
  /** Event id. */
  readonly id: string;
  readonly stream: string;
  readonly revision: bigint;
  /** The leaf's `at`. */
  readonly issued: string;
}

/**
 * The promise (integrity reference, section 7): by `by` the leaf is in the log. It depends on the stored event alone, so a repeat of the
 * command gives the same bytes.
 */
export function promiseText({ log, leaf, id, stream, revision, issued }: PromisedLeaf, mergeDelaySeconds: number): string {
  const by = new Date(Date.parse(issued) + mergeDelaySeconds * 1000).toISOString();
  return canonicalJson({ by, id, issued, leaf, log, rev: revision.toString(), stream, v: 'tallyroot-promise/1' });
}

/** What is signed once for many promises of one log: how many they are and the root of their RFC 6962 tree. */
export function promisesText(origin: string, count: number, root: Buffer): string {
  return `tallyroot-promises/1\n${origin}\n${count}\n${root.toString('base64')}\n`;
}
