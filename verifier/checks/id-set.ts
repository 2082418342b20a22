import { randomInt } from '#platform';

const wordsOfId = 4;
const slotsAtFirst = 1 << 12;
const hyphen = 45;
/** Different in every run, so that nobody can prepare ids that fall on one slot. */
const seed = randomInt(2 ** 32);

export interface IdSetState {
  readonly words: Uint32Array;
  readonly hasNil: boolean;
}

/**
 * The event ids of a log, 16 bytes each. A Set of text would take eight times the memory and ends at 16.7 million.
 */
export class IdSet {
  /** Open addressing; the nil id marks an empty slot. */
  #words = new Uint32Array(slotsAtFirst * wordsOfId);
  #slots = slotsAtFirst;
  #size = 0;
  readonly #id = new Uint32Array(wordsOfId);
  #hasNil = false;

  /** Adds a UUID in lower-case text; false if it is there already. */
  add(id: string): boolean {
    this.#read(id);
    if (isNil(this.#id, 0)) return this.#addNil();
    if (this.#size * 2 >= this.#slots) this.#grow();
    const at = placeOf(this.#words, this.#slots, this.#id, 0);
    if (!isNil(this.#words, at)) return false;
    copyId(this.#id, 0, this.#words, at);
    this.#size++;
    return true;
  }

  /** All ids but the nil one, four words each, in no order. */
  state(): IdSetState {
    const words = new Uint32Array(this.#size * wordsOfId);
    let to = 0;
    for (let at = 0; at < this.#words.length; at += wordsOfId) {
      if (isNil(this.#words, at)) continue;
      copyId(this.#words, at, words, to);
      to += wordsOfId;
    }
    return { words, hasNil: this.#hasNil };
  }

  resume({ words, hasNil }: IdSetState): void {
    this.#hasNil = hasNil;
    this.#size = words.length / wordsOfId;
    while (this.#size * 2 >= this.#slots) this.#slots *= 2;
    this.#words = new Uint32Array(this.#slots * wordsOfId);
    for (let at = 0; at < words.length; at += wordsOfId) copyId(words, at, this.#words, placeOf(this.#words, this.#slots, words, at));
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

  #grow(): void {
    const slots = this.#slots * 2;
    const words = new Uint32Array(slots * wordsOfId);
    for (let at = 0; at < this.#words.length; at += wordsOfId)
      if (!isNil(this.#words, at)) copyId(this.#words, at, words, placeOf(words, slots, this.#words, at));
    this.#words = words;
    this.#slots = slots;
  }
}

/** Where an id stands, or would stand. */
function placeOf(words: Uint32Array, slots: number, ids: Uint32Array, from: number): number {
  const mixed = Math.imul(wordOf(ids, from) ^ seed, 0x9e3779b1) ^ Math.imul(wordOf(ids, from + 1) ^ wordOf(ids, from + 3), 0x85ebca6b);
  const hashed = Math.imul(mixed ^ wordOf(ids, from + 2), 0xc2b2ae35);
  for (let slot = (hashed ^ (hashed >>> 15)) & (slots - 1); ; slot = (slot + 1) & (slots - 1)) {
    const at = slot * wordsOfId;
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
