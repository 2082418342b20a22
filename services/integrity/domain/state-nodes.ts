import { hash } from 'node:crypto';
import { radixCountMin, radixOrder } from './radix-order.ts';
import { type HashText, hashLength, isHash } from './state-map-hash.ts';

/** What the map holds at a key: the digest of the value, so that the map stays small whatever the values say. */
export interface StateEntry {
  readonly key: HashText;
  readonly valueHash: HashText;
}

/** Number of a node in its pool. */
export type NodeNumber = number;

/** The subtree without entries, in every pool. */
export const noNode: NodeNumber = 0;

const entryLength = 2 * hashLength;
const wordsPerHash = hashLength / 4;
const wordsPerEntry = entryLength / 4;
/** Stands in the place of a left child: the node is an entry. */
const isEntryMark = -1;

/*
 * One message for all nodes. It begins at the eighth byte of its memory but one, so that both hashes behind the prefix are copied as words:
 * a call for each would cost a quarter of the hashing.
 */
const memory = new ArrayBuffer(8 + entryLength);
const message = Buffer.from(memory, 7);
const messageWords = new Int32Array(memory, 8);

/**
 * Nodes of maps of balances without an object for any of them: hashes and children stand in arrays, by number. Nodes are added and never
 * changed, so every map that was ever made of a pool stays as it is.
 */
export class StateNodes {
  #roots: Buffer;
  #rootWords: Int32Array;
  /** Of an entry: the mark, and the number of the entry. */
  #left: Int32Array;
  #right: Int32Array;
  /** Key and digest of the value. */
  #entries: Buffer;
  #entryWords: Int32Array;
  #nodeCount = 1;
  #entryCount = 0;

  /** With room for so many; more find room too. */
  constructor(nodes: number, entries: number) {
    const [nodesMax, entriesMax] = [Math.ceil(nodes) + 1, Math.ceil(entries)];
    [this.#roots, this.#rootWords] = bytesAndWords(nodesMax * hashLength);
    [this.#left, this.#right] = [new Int32Array(nodesMax), new Int32Array(nodesMax)];
    [this.#entries, this.#entryWords] = bytesAndWords(entriesMax * entryLength);
  }

  /** Nodes made so far, of all maps. */
  get count(): number {
    return this.#nodeCount - 1;
  }

  root(node: NodeNumber): HashText {
    return this.#roots.toString('latin1', node * hashLength, (node + 1) * hashLength);
  }

  isBranch(node: NodeNumber): boolean {
    return node !== noNode && this.#left[node] !== isEntryMark;
  }

  left(node: NodeNumber): NodeNumber {
    return this.#left[node] as number;
  }

  right(node: NodeNumber): NodeNumber {
    return this.#right[node] as number;
  }

  /** Number of the entry that a node is. */
  entryOf(node: NodeNumber): number {
    return this.#right[node] as number;
  }

  key(entry: number): HashText {
    return this.#entries.toString('latin1', entry * entryLength, entry * entryLength + hashLength);
  }

  valueHash(entry: number): HashText {
    return this.#entries.toString('latin1', entry * entryLength + hashLength, (entry + 1) * entryLength);
  }

  /** Bit `depth` of the key, from its beginning. Set means right. */
  isBitSet(entry: number, depth: number): boolean {
    return (((this.#entries[entry * entryLength + (depth >> 3)] as number) >> (7 - (depth & 7))) & 1) === 1;
  }

  hasSameKey(one: number, other: number): boolean {
    const [words, at, otherAt] = [this.#entryWords, one * wordsPerEntry, other * wordsPerEntry];
    for (let word = 0; word < wordsPerHash; word++) if (words[at + word] !== words[otherAt + word]) return false;
    return true;
  }

  /** Keeps entries, not yet nodes. Answers their numbers in the order of their keys. Throws `RangeError` for a key that comes twice. */
  addEntries(entries: readonly StateEntry[]): Uint32Array {
    const first = this.#entryCount;
    this.#entryCount += entries.length;
    while (this.#entryCount * entryLength > this.#entries.length) this.#growEntries();
    let at = first * entryLength;
    for (const { key, valueHash } of entries) {
      if (!isHash(key) || !isHash(valueHash)) throw new RangeError('A hash has 32 bytes.');
      at += this.#entries.write(key, at, 'latin1');
      at += this.#entries.write(valueHash, at, 'latin1');
    }
    return this.#keyOrder(first);
  }

  /** SHA-256(0x02 || key || SHA-256(value)): a subtree that holds exactly one entry, however deep it stands. */
  entryNode(entry: number): NodeNumber {
    const from = entry * wordsPerEntry;
    for (let word = 0; word < wordsPerEntry; word++) messageWords[word] = this.#entryWords[from + word] as number;
    return this.#hashed(0x02, isEntryMark, entry);
  }

  /** SHA-256(0x03 || left || right): a subtree that holds two entries or more. */
  branchNode(left: NodeNumber, right: NodeNumber): NodeNumber {
    const [words, leftAt, rightAt] = [this.#rootWords, left * wordsPerHash, right * wordsPerHash];
    for (let word = 0; word < wordsPerHash; word++) {
      messageWords[word] = words[leftAt + word] as number;
      messageWords[wordsPerHash + word] = words[rightAt + word] as number;
    }
    return this.#hashed(0x03, left, right);
  }

  /** A copy of a subtree of another pool, hashes and all. */
  adopt(other: StateNodes, node: NodeNumber): NodeNumber {
    if (node === noNode) return noNode;
    const isBranch = other.isBranch(node);
    const left = isBranch ? this.adopt(other, other.left(node)) : isEntryMark;
    const right = isBranch ? this.adopt(other, other.right(node)) : this.#adoptEntry(other, other.entryOf(node));
    const adopted = this.#place(left, right);
    other.#roots.copy(this.#roots, adopted * hashLength, node * hashLength, (node + 1) * hashLength);
    return adopted;
  }

  #adoptEntry(other: StateNodes, entry: number): number {
    const adopted = this.#entryCount++;
    if (adopted * entryLength === this.#entries.length) this.#growEntries();
    other.#entries.copy(this.#entries, adopted * entryLength, entry * entryLength, (entry + 1) * entryLength);
    return adopted;
  }

  /**
   * Keys are digests, so their first 32 bits tell nearly all of them apart: a million are in order after three passes of a radix sort, in a
   * fifth of the time that any comparing takes. Those that begin alike are compared then, and those of a small batch at once.
   */
  #keyOrder(first: number): Uint32Array {
    const numbers = new Uint32Array(this.#entryCount - first).map((_, place) => first + place);
    const compare = (one: number, other: number) => this.#compareKeys(one, other);
    if (numbers.length < radixCountMin) return numbers.sort(compare);
    const beginnings = numbers.map((entry) => this.#entries.readUInt32BE(entry * entryLength));
    const order = radixOrder(beginnings);
    const beginning = (at: number) => beginnings[order[at] as number];
    const sorted = order.map((place) => numbers[place] as number);
    for (let from = 0, to = 1; from < sorted.length; from = to++) {
      while (to < sorted.length && beginning(to) === beginning(from)) to++;
      if (to - from > 1) sorted.subarray(from, to).sort(compare);
    }
    return sorted;
  }

  #compareKeys(one: number, other: number): number {
    const [from, otherFrom] = [one * entryLength, other * entryLength];
    const order = this.#entries.compare(this.#entries, otherFrom, otherFrom + hashLength, from, from + hashLength);
    if (order === 0) throw new RangeError('A key is given two values at once.');
    return order;
  }

  #hashed(prefix: number, left: number, right: number): NodeNumber {
    message[0] = prefix;
    const node = this.#place(left, right);
    this.#roots.write(hash('sha256', message, 'binary'), node * hashLength, hashLength, 'latin1');
    return node;
  }

  #place(left: number, right: number): NodeNumber {
    const node = this.#nodeCount++;
    if (node === this.#left.length) this.#growNodes();
    this.#left[node] = left;
    this.#right[node] = right;
    return node;
  }

  #growNodes(): void {
    const nodes = roomier(this.#left.length);
    const [left, right, roots] = [this.#left, this.#right, this.#roots];
    [this.#left, this.#right] = [new Int32Array(nodes), new Int32Array(nodes)];
    this.#left.set(left);
    this.#right.set(right);
    [this.#roots, this.#rootWords] = bytesAndWords(nodes * hashLength);
    roots.copy(this.#roots);
  }

  #growEntries(): void {
    const entries = this.#entries;
    [this.#entries, this.#entryWords] = bytesAndWords(roomier(entries.length / entryLength) * entryLength);
    entries.copy(this.#entries);
  }
}

function roomier(count: number): number {
  return Math.ceil(count * 1.25) + 64;
}

function bytesAndWords(length: number): [Buffer, Int32Array] {
  const bytes = Buffer.from(new ArrayBuffer(length));
  return [bytes, new Int32Array(bytes.buffer)];
}
