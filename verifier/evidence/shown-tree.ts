import { isObject, parseJson } from '../log/canonical-json.ts';
import { type Entry, EntryReader, leafHashOf } from '../log/entry.ts';
import { decodeBase64 } from '../log/payload-line.ts';
import { recomputeEntry } from '../log/stored-event.ts';
import { verifyConsistency, verifyInclusion } from '../merkle.ts';
import type { SignedHead } from '../note/tree-head.ts';
import type { ShownEvent, ShownLeaf, TreeAt } from './evidence.ts';

/** The tree of a signed head, as far as leaves with their paths show it. */
export class ShownTree {
  readonly head: SignedHead;
  readonly #entries: EntryReader;

  constructor(head: SignedHead) {
    this.head = head;
    this.#entries = new EntryReader(head.origin);
  }

  /** Undefined for a leaf that is no entry of the log. */
  entryOf({ entry }: ShownLeaf): Entry | undefined {
    const bytes = bytesOf(entry);
    return this.#entries.read(bytes, bytes.toString('latin1'), 0, bytes.length);
  }

  holds({ index, entry, path }: ShownLeaf): boolean {
    return this.holdsHash(index, leafHashOf(bytesOf(entry)), path);
  }

  holdsHash(index: string, leafHash: string, path: readonly string[]): boolean {
    const { size, root } = this.head;
    return verifyInclusion({ index: BigInt(index), size, leafHash: hashOf(leafHash), root: hashOf(root), proof: path.map(hashOf) });
  }

  /** Had it this root at a size? */
  had(size: string, { root, consistency }: TreeAt): boolean {
    const roots = { root1: hashOf(root), root2: hashOf(this.head.root) };
    return verifyConsistency({ size1: BigInt(size), size2: this.head.size, ...roots, proof: consistency.map(hashOf) });
  }

  /** The payload, if it is what the entry commits to. */
  payloadOf(entry: Entry, event: ShownEvent): { readonly [name: string]: unknown } | undefined {
    if (!this.isEventOf(entry, event)) return undefined;
    const payload = parseJson(bytesOf(event.data).toString('utf8'));
    return isObject(payload) ? payload : undefined;
  }

  isEventOf(entry: Entry, { id, stream, rev, type, data, metadata }: ShownEvent): boolean {
    const [bytes, meta] = [decodeBase64(data), decodeBase64(metadata)];
    if (bytes === undefined || meta === undefined) return false;
    const stored = { id, stream, revision: rev, type, data: bytes, metadata: meta };
    const recomputed = recomputeEntry(this.head.origin, stored);
    const read = Buffer.from(recomputed.entry);
    const own = this.#entries.read(read, recomputed.entry, 0, read.length);
    return (
      !recomputed.isMalformed && own?.pay === entry.pay && own.meta === entry.meta && own.id === entry.id && own.stream === entry.stream
    );
  }
}

/** Throws `RangeError` for a text that is not the canonical base64 of anything. */
export function bytesOf(base64: string): Buffer {
  const bytes = decodeBase64(base64);
  if (bytes === undefined) throw new RangeError('This is no base64.');
  return bytes;
}

/** Throws `RangeError` for a text that is not 64 lower-case hex digits. */
export function hashOf(hex: string): Buffer {
  if (!/^[0-9a-f]{64}$/.test(hex)) throw new RangeError('This is no hash.');
  return Buffer.from(hex, 'hex');
}
