import { IdHash, wordsOfId } from './id-words.ts';

const slotsAtFirst = 16;
const slotsFilledMax = 0.75;
const growth = 1.25;

/**
 * Event ids, 16 bytes each, in 21 to 27 bytes: a Set of text would take fifteen times the memory. Open addressing; the nil id marks an empty
 * slot, and is kept apart.
 */
export class IdTable {
  readonly #hash: IdHash;
  #words = new Uint32Array(slotsAtFirst * wordsOfId);
  #hasNil = false;
  #filled = 0;

  constructor(hash = new IdHash()) {
    this.#hash = hash;
  }

  get size(): number {
    return this.#filled + (this.#hasNil ? 1 : 0);
  }

  /** Adds an id; false if it is there already. */
  add(ids: Uint32Array, from: number): boolean {
    if (isNil(ids, from)) return this.#addNil();
    if (this.#filled >= (this.#words.length / wordsOfId) * slotsFilledMax) this.#grow();
    const at = this.#placeOf(ids, from);
    if (!isNil(this.#words, at)) return false;
    copyId(ids, from, this.#words, at);
    this.#filled++;
    return true;
  }

  /** Forgets all ids and keeps their room. */
  clear(): void {
    this.#words.fill(0);
    this.#filled = 0;
    this.#hasNil = false;
  }

  #addNil(): boolean {
    const isNew = !this.#hasNil;
    this.#hasNil = true;
    return isNew;
  }

  #grow(): void {
    const old = this.#words;
    this.#words = new Uint32Array(Math.ceil((old.length / wordsOfId) * growth) * wordsOfId);
    for (let at = 0; at < old.length; at += wordsOfId) if (!isNil(old, at)) copyId(old, at, this.#words, this.#placeOf(old, at));
  }

  /** Where an id stands, or would stand. */
  #placeOf(ids: Uint32Array, from: number): number {
    const words = this.#words;
    const first = Math.floor((this.#hash.of(ids, from) / 2 ** 32) * (words.length / wordsOfId));
    for (let at = first * wordsOfId; ; at = at + wordsOfId < words.length ? at + wordsOfId : 0)
      if (isNil(words, at) || isSameId(words, at, ids, from)) return at;
  }
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
