import { type HashText, isBitSet, isHash, keyBits, noEntry, rootOfBranch, rootOfEntry } from './state-map-hash.ts';
import { noNode, type NodeNumber, type StateEntry, StateNodes } from './state-nodes.ts';

/** Siblings from the root down, and what stands at the place where the key belongs. */
export interface StateProof {
  readonly siblings: readonly HashText[];
  /** The entry of this key, another entry that shares the key's beginning, or nothing. */
  readonly terminal: StateEntry | undefined;
}

/**
 * A sparse Merkle map positioned by key (integrity reference, section 8): each bit of a key chooses a side, so a key has one place and
 * cannot have two values. Immutable: `with` shares every subtree that it does not touch, so the last committed map stays while the next
 * one is made.
 */
export class StateMap {
  static readonly empty = new StateMap(new StateNodes(0, 0), noNode, { entries: 0, branches: 0 });

  readonly #nodes: StateNodes;
  readonly #top: NodeNumber;
  readonly #counts: Counts;

  private constructor(nodes: StateNodes, top: NodeNumber, counts: Counts) {
    this.#nodes = nodes;
    this.#top = top;
    this.#counts = counts;
  }

  get size(): number {
    return this.#counts.entries;
  }

  root(): HashText {
    return this.#nodes.root(this.#top);
  }

  /** The map with these entries added or replaced; each key at most once. Hashes about log2(size) nodes an entry, fewer for many at once. */
  with(entries: readonly StateEntry[]): StateMap {
    const { nodes, top } = this.#withRoomFor(entries.length);
    const insertion = new Insertion(nodes, nodes.addEntries(entries));
    const newTop = insertion.into(top, 0, entries.length, 0);
    const { branches } = this.#counts;
    return new StateMap(nodes, newTop, { entries: this.size + insertion.added, branches: branches + insertion.branchesAdded });
  }

  /** Proves the entry of a key, or that there is none. */
  prove(key: HashText): StateProof {
    const nodes = this.#nodes;
    const siblings: HashText[] = [];
    let node = this.#top;
    for (let depth = 0; nodes.isBranch(node); depth++) {
      const isRight = isBitSet(key, depth);
      siblings.push(nodes.root(isRight ? nodes.left(node) : nodes.right(node)));
      node = isRight ? nodes.right(node) : nodes.left(node);
    }
    if (node === noNode) return { siblings, terminal: undefined };
    const entry = nodes.entryOf(node);
    return { siblings, terminal: { key: nodes.key(entry), valueHash: nodes.valueHash(entry) } };
  }

  /** Where to add nodes: to those that are there, until so many of them belong to no map any more that copying the others pays. */
  #withRoomFor(added: number): { nodes: StateNodes; top: NodeNumber } {
    const { entries, branches } = this.#counts;
    const live = entries + branches;
    if (entries > added && this.#nodes.count <= sprawlMax * live + nodesMin) return { nodes: this.#nodes, top: this.#top };
    const nodes = new StateNodes(sprawlMax * (live + nodesPerEntry * added) + 2 * nodesMin, sprawlMax * (entries + added) + nodesMin);
    return { nodes, top: nodes.adopt(this.#nodes, this.#top) };
  }
}

interface Counts {
  readonly entries: number;
  readonly branches: number;
}

/** A map of n digests has n entries and about 1.44 n branches. */
const nodesPerEntry = 2.45;
/** Nodes of all maps, for each that the last one is made of. Memory that nothing is written to yet costs nothing. */
const sprawlMax = 1.5;
/** As many that are not worth copying. */
const nodesMin = 1_000;

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

/** One batch on its way into a map. Sorted entries below a node are split by the next bit, so each node on the way is hashed once. */
class Insertion {
  readonly #nodes: StateNodes;
  /** Numbers of the entries in the order of their keys. */
  readonly #entries: Uint32Array;
  added = 0;
  branchesAdded = 0;

  constructor(nodes: StateNodes, entries: Uint32Array) {
    this.#nodes = nodes;
    this.#entries = entries;
  }

  /** The node with the entries from one place up to and without another below it, all of whose keys share so many bits. */
  into(node: NodeNumber, from: number, to: number, depth: number): NodeNumber {
    const nodes = this.#nodes;
    if (from === to) return node;
    if (nodes.isBranch(node)) return this.#split(nodes.left(node), nodes.right(node), from, to, depth);
    const first = this.#entries[from] as number;
    if (to - from === 1 && (node === noNode || nodes.hasSameKey(nodes.entryOf(node), first))) {
      if (node === noNode) this.added++;
      return nodes.entryNode(first);
    }
    // Two entries or more: the one that stood here moves down to its own side.
    this.branchesAdded++;
    const isRight = node !== noNode && nodes.isBitSet(nodes.entryOf(node), depth);
    return this.#split(isRight ? noNode : node, isRight ? node : noNode, from, to, depth);
  }

  #split(left: NodeNumber, right: NodeNumber, from: number, to: number, depth: number): NodeNumber {
    const middle = this.#firstWithBit(from, to, depth);
    const newLeft = this.into(left, from, middle, depth + 1);
    const newRight = this.into(right, middle, to, depth + 1);
    return this.#nodes.branchNode(newLeft, newRight);
  }

  #firstWithBit(from: number, to: number, depth: number): number {
    let low = from;
    let high = to;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#nodes.isBitSet(this.#entries[middle] as number, depth)) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

function sharesBits(left: HashText, right: HashText, count: number): boolean {
  for (let depth = 0; depth < count; depth++) if (isBitSet(left, depth) !== isBitSet(right, depth)) return false;
  return true;
}
