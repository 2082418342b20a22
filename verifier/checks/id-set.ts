import { randomInt } from 'node:crypto';

const wordsOfId = 4;
const slotsAtFirst = 1 << 12;
/** Different in every run, so that nobody can prepare ids that fall on one slot. */
const seed = randomInt(2 ** 32);

/**
 * The event ids of a log, 16 bytes each. A Set of text would take eight times the memory and ends at 16.7 million.
 */
export class IdSet {
  #words = new Uint32Array(slotsAtFirst * wordsOfId);
  #mask = slotsAtFirst - 1;
  #size = 0;
  readonly #id = new Uint32Array(wordsOfId);
  /** The nil id marks an empty slot. */
  #hasNil = false;

  /** Adds a UUID in lower-case text; false if it is there already. */
  add(id: string): boolean {
    this.#read(id);
    const [a = 0, b = 0, c = 0, d = 0] = this.#id;
    if ((a | b | c | d) === 0) return this.#addNil();
    if (this.#size * 2 > this.#mask) this.#grow();
    if (!insert(this.#words, this.#mask, a, b, c, d)) return false;
    this.#size++;
    return true;
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
      if (code === 45) continue; // A hyphen.
      word = (word << 4) | (code < 58 ? code - 48 : code - 87);
      if (++digits % 8 === 0) this.#id[digits / 8 - 1] = word;
    }
  }

  #grow(): void {
    const mask = this.#mask * 2 + 1;
    const words = new Uint32Array((mask + 1) * wordsOfId);
    for (let at = 0; at < this.#words.length; at += wordsOfId) {
      const [a = 0, b = 0, c = 0, d = 0] = this.#words.subarray(at, at + wordsOfId);
      if ((a | b | c | d) !== 0) insert(words, mask, a, b, c, d);
    }
    this.#words = words;
    this.#mask = mask;
  }
}

/** Open addressing, one slot after the other. */
function insert(words: Uint32Array, mask: number, a: number, b: number, c: number, d: number): boolean {
  let slot = (Math.imul(a ^ d, 0x9e3779b1) ^ Math.imul(b ^ seed, 0x85ebca6b) ^ Math.imul(c, 0xc2b2ae35)) >>> 0;
  for (slot = (slot ^ (slot >>> 15)) & mask; ; slot = (slot + 1) & mask) {
    const at = slot * wordsOfId;
    const [e = 0, f = 0, g = 0, h = 0] = [words[at], words[at + 1], words[at + 2], words[at + 3]];
    if (e === a && f === b && g === c && h === d) return false;
    if ((e | f | g | h) !== 0) continue;
    words[at] = a;
    words[at + 1] = b;
    words[at + 2] = c;
    words[at + 3] = d;
    return true;
  }
}
