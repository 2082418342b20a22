import type { HashText } from '../tree/node-hash.ts';
import { isBitSet, noEntry, rootOfBranch, rootOfEntry } from './state-map.ts';

/** A way through the map of balances, from its root down; hashes are 64 lower-case hex. */
export interface StateProof {
  readonly siblings: readonly string[];
  /** The entry that stands where the way ends; absent where nothing does. */
  readonly terminal?: { readonly key: string; readonly valueHash: string } | undefined;
}

/** What stands at a key. */
export interface ProvenEntry {
  readonly valueHash: HashText | undefined;
}

const keyBits = 256;
const hex64 = /^[0-9a-f]{64}$/;

/**
 * What a proof shows of a key under a root of the map: the digest of its value, or that there is none. Undefined for a proof that does not
 * fit, whatever its shape.
 */
export function provenEntryOf(root: string, key: HashText, { siblings, terminal }: StateProof): ProvenEntry | undefined {
  const hashes = terminal === undefined ? siblings : [...siblings, terminal.key, terminal.valueHash];
  if (siblings.length > keyBits || ![...hashes, root].every((hash) => hex64.test(hash))) return undefined;
  const at = terminal && { key: bytesOf(terminal.key), valueHash: bytesOf(terminal.valueHash) };
  if (at !== undefined && !sharesBits(at.key, key, siblings.length)) return undefined;
  let node = at === undefined ? noEntry : rootOfEntry(at.key, at.valueHash);
  for (let depth = siblings.length - 1; depth >= 0; depth--) {
    const sibling = bytesOf(siblings[depth] as string);
    node = isBitSet(key, depth) ? rootOfBranch(sibling, node) : rootOfBranch(node, sibling);
  }
  if (node !== bytesOf(root)) return undefined;
  return { valueHash: at?.key === key ? at.valueHash : undefined };
}

function sharesBits(left: HashText, right: HashText, count: number): boolean {
  for (let depth = 0; depth < count; depth++) if (isBitSet(left, depth) !== isBitSet(right, depth)) return false;
  return true;
}

function bytesOf(hex: string): HashText {
  return Buffer.from(hex, 'hex').toString('latin1');
}
