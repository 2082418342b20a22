import type { FoundRepeats, IdStore } from './id-store.ts';
import { IdHash, readId, wordsOfId } from './id-words.ts';
import { IdTable } from './id-table.ts';
import { Ordinals } from './ordinals.ts';

/** Each finds room for itself, so that no more than a small part of the ids is ever there twice. */
const tables = 256;
/** They take 0.2 GB. */
const idsMaxDefault = 8 * 1024 * 1024;

/** Keeps every id in memory, as many as it has room for, and knows at once whether one is new. */
export class MemoryIdStore implements IdStore {
  readonly #idsMax: number;
  /** Another one than that of the tables, which would find all ids of theirs in one part of them. */
  readonly #hash = new IdHash();
  readonly #tables: readonly IdTable[];
  readonly #id = new Uint32Array(wordsOfId);
  readonly #repeats = new Ordinals();
  #count = 0;

  constructor({ idsMax = idsMaxDefault }: { readonly idsMax?: number } = {}) {
    this.#idsMax = idsMax;
    const hash = new IdHash();
    this.#tables = Array.from({ length: tables }, () => new IdTable(hash));
  }

  get room(): number {
    return this.#idsMax - this.#count;
  }

  add(id: string): boolean {
    readId(id, this.#id, 0);
    const isNew = (this.#tables[this.#hash.of(this.#id, 0) % tables] as IdTable).add(this.#id, 0);
    if (!isNew) this.#repeats.add(this.#count);
    this.#count++;
    return isNew;
  }

  findRepeats(): FoundRepeats {
    return { repeats: this.#repeats, wereKnown: true };
  }

  goingOn(): this {
    return this;
  }

  close(): void {
    // The memory goes with the store.
  }
}
