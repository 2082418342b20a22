import type { Balance } from './ledger-fold.ts';

/** The columns are cut when so many were taken, and not after each: what waits moves to the front then. */
const takenMax = 16_384;

/**
 * Postings that wait to be folded, in the order of their leaves. Many wait, and long: in columns they cost the garbage collector a fraction
 * of what objects would.
 */
export class PostingQueue {
  readonly #leaves: number[] = [];
  readonly #balances: Balance[] = [];
  readonly #amounts: bigint[] = [];
  #taken = 0;

  get length(): number {
    return this.#leaves.length - this.#taken;
  }

  /** The leaf of the posting that waits longest; undefined where none waits. */
  get firstLeaf(): number | undefined {
    return this.#leaves[this.#taken];
  }

  add(leaf: number, balance: Balance, amount: bigint): void {
    this.#leaves.push(leaf);
    this.#balances.push(balance);
    this.#amounts.push(amount);
  }

  /** What waits, in order. */
  *[Symbol.iterator](): Generator<readonly [leaf: number, balance: Balance, amount: bigint]> {
    for (let at = this.#taken; at < this.#leaves.length; at++)
      yield [this.#leaves[at] as number, this.#balances[at] as Balance, this.#amounts[at] as bigint];
  }

  /** Takes all postings of leaves below a size. */
  takeBelow(size: number, post: (leaf: number, balance: Balance, amount: bigint) => void): void {
    for (let leaf = this.firstLeaf; leaf !== undefined && leaf < size; leaf = this.firstLeaf) {
      post(leaf, this.#balances[this.#taken] as Balance, this.#amounts[this.#taken] as bigint);
      this.#taken++;
    }
    if (this.#taken < takenMax) return;
    for (const column of [this.#leaves, this.#balances, this.#amounts]) column.splice(0, this.#taken);
    this.#taken = 0;
  }
}
