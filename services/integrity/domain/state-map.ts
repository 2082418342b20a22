import { type HashText, isBitSet, isHash, keyBits, noEntry, rootOfBranch, rootOfEntry } from './state-map-hash.ts';

/** What the map holds at a key: the digest of the value, so that the map stays small whatever the values say. */
export interface StateEntry {
  readonly key: HashText;
  readonly valueHash: HashText;
}

/** Siblings from the root down, and what stands at the place where the key belongs. */
export interface StateProof {
  readonly siblings: readonly HashText[];
  /** The entry of this key, another entry that shares the key's beginning, or nothing. */
  readonly terminal: StateEntry | undefined;
}

interface EntryNode extends StateEntry {
  readonly root: HashText;
}

interface BranchNode {
  readonly left: Node;
  readonly right: Node;
  readonly root: HashText;
}

type Node = EntryNode | BranchNode | undefined;

/**
 * A sparse Merkle map positioned by key (integrity reference, section 8): each bit of a key chooses a side, so a key has one place and
 * cannot have two values. Immutable: `with` shares every subtree that it does not touch, so the last committed map stays while the next
 * one is made.
 */
export class StateMap {
  static readonly empty = new StateMap(undefined, 0);

  readonly #node: Node;
  readonly size: number;

  private constructor(node: Node, size: number) {
    this.#node = node;
    this.size = size;
  }

  root(): HashText {
    return rootOf(this.#node);
  }

  /** The map with these entries added or replaced; each key at most once. Hashes about log2(size) nodes an entry, fewer for many at once. */
  with(entries: readonly StateEntry[]): StateMap {
    const sorted = inKeyOrder(entries);
    for (let index = 1; index < sorted.length; index++)
      if (sorted[index - 1]?.key === sorted[index]?.key) throw new RangeError('A key is given two values at once.');
    const insertion = new Insertion(sorted);
    const node = insertion.into(this.#node, { from: 0, to: sorted.length, depth: 0 });
    return new StateMap(node, this.size + insertion.added);
  }

  /** Proves the entry of a key, or that there is none. */
  prove(key: HashText): StateProof {
    const siblings: HashText[] = [];
    let node = this.#node;
    for (let depth = 0; node !== undefined && 'left' in node; depth++) {
      const isRight = isBitSet(key, depth);
      siblings.push(rootOf(isRight ? node.left : node.right));
      node = isRight ? node.right : node.left;
    }
    return { siblings, terminal: node === undefined ? undefined : { key: node.key, valueHash: node.valueHash } };
  }
}

/** What stands at a key: the digest of its value, or nothing. */
export interface ProvenEntry {
  readonly valueHash: HashText | undefined;
}

/** What a proof shows about a key under this root; undefined for a proof that does not fit, whatever its shape. */
export function checkStateProof(root: HashText, key: HashText, { siblings, terminal }: StateProof): ProvenEntry | undefined {
  const hashes = terminal === undefined ? siblings : [...siblings, terminal.key, terminal.valueHash];
  if (siblings.length > keyBits || !hashes.every(isHash)) return undefined;
  if (terminal !== undefined && !sharesBits(terminal.key, key, siblings.length)) return undefined;
  let node = terminal === undefined ? noEntry : rootOfEntry(terminal.key, terminal.valueHash);
  for (let depth = siblings.length - 1; depth >= 0; depth--) {
    const sibling = siblings[depth] as HashText;
    node = isBitSet(key, depth) ? rootOfBranch(sibling, node) : rootOfBranch(node, sibling);
  }
  if (node !== root) return undefined;
  return { valueHash: terminal?.key === key ? terminal.valueHash : undefined };
}

/**
 * Keys are digests, so their first six bytes, as a number, tell nearly all of them apart. A million are sorted in a quarter of the time that
 * comparing texts takes.
 */
function inKeyOrder(entries: readonly StateEntry[]): StateEntry[] {
  const beginnings = Float64Array.from(entries, ({ key }) => beginningOf(key));
  const keyAt = (index: number) => (entries[index] as StateEntry).key;
  const order = Uint32Array.from(entries.keys()).sort(
    (left, right) => (beginnings[left] as number) - (beginnings[right] as number) || (keyAt(left) < keyAt(right) ? -1 : 1),
  );
  return Array.from(order, (index) => entries[index] as StateEntry);
}

function beginningOf(key: HashText): number {
  let number = 0;
  for (let at = 0; at < 6; at++) number = number * 256 + key.charCodeAt(at);
  return number;
}

function rootOf(node: Node): HashText {
  return node === undefined ? noEntry : node.root;
}

interface Span {
  /** Of the sorted entries: from this one up to and without `to`. */
  readonly from: number;
  readonly to: number;
  /** Bits that all keys of the span and of the node share. */
  readonly depth: number;
}

/** One batch on its way into a map. Sorted entries below a node are split by the next bit, so each node on the way is hashed once. */
class Insertion {
  readonly #entries: readonly StateEntry[];
  added = 0;

  constructor(entries: readonly StateEntry[]) {
    this.#entries = entries;
  }

  into(node: Node, { from, to, depth }: Span): Node {
    if (from === to) return node;
    if (node !== undefined && 'left' in node) return this.#split(node.left, node.right, { from, to, depth });
    const first = this.#entries[from] as StateEntry;
    if (to - from === 1 && (node === undefined || node.key === first.key)) {
      if (node === undefined) this.added++;
      return { key: first.key, valueHash: first.valueHash, root: rootOfEntry(first.key, first.valueHash) };
    }
    // Two entries or more: the one that stood here moves down to its own side.
    const isRight = node !== undefined && isBitSet(node.key, depth);
    return this.#split(isRight ? undefined : node, isRight ? node : undefined, { from, to, depth });
  }

  #split(left: Node, right: Node, { from, to, depth }: Span): Node {
    const middle = this.#firstWithBit(from, to, depth);
    const newLeft = this.into(left, { from, to: middle, depth: depth + 1 });
    const newRight = this.into(right, { from: middle, to, depth: depth + 1 });
    return { left: newLeft, right: newRight, root: rootOfBranch(rootOf(newLeft), rootOf(newRight)) };
  }

  #firstWithBit(from: number, to: number, depth: number): number {
    let low = from;
    let high = to;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (isBitSet((this.#entries[middle] as StateEntry).key, depth)) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

function sharesBits(left: HashText, right: HashText, count: number): boolean {
  for (let depth = 0; depth < count; depth++) if (isBitSet(left, depth) !== isBitSet(right, depth)) return false;
  return true;
}
