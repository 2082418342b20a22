import { rootOfRange } from './growing-tree.ts';
import { nodeOf } from './node-hash.ts';

/** An RFC 6962 tree that is held whole, for a few thousand leaves at most: every node is hashed once. */
export class SmallTree {
  /** By height, from the leaves up. A node without a neighbour stands in the row above as it is: that is the split at a power of two. */
  readonly #rows: Buffer[][];
  readonly size: number;

  constructor(leafHashes: readonly Buffer[]) {
    this.size = leafHashes.length;
    this.#rows = [[...leafHashes]];
    for (let row = this.#rows[0] as Buffer[]; row.length > 1; this.#rows.push(row)) row = rowAbove(row);
  }

  root(): Buffer {
    return this.#rows.at(-1)?.[0] ?? rootOfRange(Buffer.alloc(0));
  }

  /** From the leaf's sibling up; empty for a tree of one leaf. The same node is the same buffer in every proof. */
  inclusionProof(index: number): Buffer[] {
    const proof: Buffer[] = [];
    for (let height = 0, place = index; height < this.#rows.length - 1; height++, place >>= 1) {
      const sibling = this.#rows[height]?.[place ^ 1];
      if (sibling !== undefined) proof.push(sibling);
    }
    return proof;
  }
}

function rowAbove(row: readonly Buffer[]): Buffer[] {
  const above: Buffer[] = [];
  for (let place = 0; place < row.length; place += 2) {
    const [left, right] = [row[place] as Buffer, row[place + 1]];
    above.push(right === undefined ? left : nodeOf(left, right));
  }
  return above;
}
