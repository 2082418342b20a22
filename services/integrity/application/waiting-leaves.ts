import type { RoundStore } from './round-store.ts';

/** Business leaves of a log that wait for a round: each is counted once, however often somebody asks. */
export class WaitingLeaves {
  readonly #slug: string;
  readonly #rounds: RoundStore;
  #counted = { from: -1n, size: 0n, count: 0 };

  constructor(slug: string, rounds: RoundStore) {
    this.#slug = slug;
    this.#rounds = rounds;
  }

  /** From this index on. */
  async since(from: bigint): Promise<number> {
    if (this.#counted.from !== from) this.#counted = { from, size: from, count: 0 };
    const { count, size } = await this.#rounds.countBusinessLeaves(this.#slug, this.#counted.size);
    this.#counted = { from, size, count: this.#counted.count + count };
    return this.#counted.count;
  }
}
