import { randomInt } from '#platform';

const wordsOfId = 4;
/** Each finds room for itself, so that no more than a small part of the ids is ever there twice. */
const tables = 256;
const tableBits = 8;
const slotsAtFirst = 16;
const slotsFilledMax = 0.75;
const growth = 1.25;
const hyphen = 45;
/** Different in every run, so that nobody can prepare ids that fall on one slot. */
const seed = randomInt(2 ** 32);

export interface IdSetState {
  readonly words: Uint32Array;
  readonly hasNil: boolean;
}

/**
 * The event ids of a log, 16 bytes each, in 21 to 27 bytes. All have to be there: whether an id is new decides whether its event posts.
 * A Set of text would take fifteen times the memory and ends at 16.7 million.
 */
export class IdSet {
  #tables = Array.from({ length: tables }, () => new IdTable());
  readonly #id = new Uint32Array(wordsOfId);
  #hasNil = false;

  /** Adds a UUID in lower-case text; false if it is there already. */
  add(id: string): boolean {
    this.#read(id);
    return isNil(this.#id, 0) ? this.#addNil() : this.#addFrom(this.#id, 0);
  }

  /** All ids but the nil one, four words each, in no order. */
  state(): IdSetState {
    const words = new Uint32Array(this.#tables.reduce((sum, { size }) => sum + size, 0) * wordsOfId);
    this.#tables.reduce((at, table) => table.copyTo(words, at), 0);
    return { words, hasNil: this.#hasNil };
  }

  resume({ words, hasNil }: IdSetState): void {
    this.#hasNil = hasNil;
    this.#tables = this.#tables.map(() => new IdTable());
    for (let at = 0; at < words.length; at += wordsOfId) this.#addFrom(words, at);
  }

  #addFrom(ids: Uint32Array, at: number): boolean {
    const hashed = hashOf(ids, at);
    return (this.#tables[hashed & (tables - 1)] as IdTable).add(ids, at, hashed >>> tableBits);
  }

  #addNil(): boolean {
    const isNew = !this.#hasNil;
    this.#hasNil = true;
    return isNew;
  }

  #read(id: string): void {
    let word = 0;
    let digits = 0;
    for (let at = 0; at < id.length; at++) {
      const code = id.charCodeAt(at);
      if (code === hyphen) continue;
      word = (word << 4) | (code < 58 ? code - 48 : code - 87);
      if (++digits % 8 === 0) this.#id[digits / 8 - 1] = word;
    }
  }
}

/** Open addressing; the nil id marks an empty slot. */
class IdTable {
  #words = new Uint32Array(slotsAtFirst * wordsOfId);
  size = 0;

  /** `hashed` are the bits of the id's hash that did not choose the table. */
  add(ids: Uint32Array, from: number, hashed: number): boolean {
    if (this.size >= (this.#words.length / wordsOfId) * slotsFilledMax) this.#grow();
    const at = placeOf(this.#words, ids, from, hashed);
    if (!isNil(this.#words, at)) return false;
    copyId(ids, from, this.#words, at);
    this.size++;
    return true;
  }

  /** Answers where the next table's ids follow. */
  copyTo(into: Uint32Array, to: number): number {
    for (let at = 0; at < this.#words.length; at += wordsOfId) {
      if (isNil(this.#words, at)) continue;
      copyId(this.#words, at, into, to);
      to += wordsOfId;
    }
    return to;
  }

  #grow(): void {
    const old = this.#words;
    const words = new Uint32Array(Math.ceil((old.length / wordsOfId) * growth) * wordsOfId);
    for (let at = 0; at < old.length; at += wordsOfId)
      if (!isNil(old, at)) copyId(old, at, words, placeOf(words, old, at, hashOf(old, at) >>> tableBits));
    this.#words = words;
  }
}

function hashOf(ids: Uint32Array, from: number): number {
  const mixed = Math.imul(wordOf(ids, from) ^ seed, 0x9e3779b1) ^ Math.imul(wordOf(ids, from + 1) ^ wordOf(ids, from + 3), 0x85ebca6b);
  const hashed = Math.imul(mixed ^ wordOf(ids, from + 2), 0xc2b2ae35);
  return hashed ^ (hashed >>> 15);
}

/** Where an id stands, or would stand. */
function placeOf(words: Uint32Array, ids: Uint32Array, from: number, hashed: number): number {
  const slots = words.length / wordsOfId;
  const first = Math.floor((hashed / 2 ** (32 - tableBits)) * slots);
  for (let at = first * wordsOfId; ; at = at + wordsOfId < words.length ? at + wordsOfId : 0)
    if (isNil(words, at) || isSameId(words, at, ids, from)) return at;
}

function isNil(ids: Uint32Array, at: number): boolean {
  return (wordOf(ids, at) | wordOf(ids, at + 1) | wordOf(ids, at + 2) | wordOf(ids, at + 3)) === 0;
}

function isSameId(left: Uint32Array, at: number, right: Uint32Array, from: number): boolean {
  for (let word = 0; word < wordsOfId; word++) if (left[at + word] !== right[from + word]) return false;
  return true;
}

function copyId(from: Uint32Array, fromAt: number, to: Uint32Array, toAt: number): void {
  for (let word = 0; word < wordsOfId; word++) to[toAt + word] = wordOf(from, fromAt + word);
}

function wordOf(ids: Uint32Array, at: number): number {
  return ids[at] as number;
}
