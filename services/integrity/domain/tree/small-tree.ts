import { rootOfRange } from './growing-tree.ts';
import { hashBytes } from './node-hash.ts';
import { inclusionShape, type LeafRange, subtreesOf } from './proof-shape.ts';
import { nodeOf } from './node-hash.ts';

/** An RFC 6962 tree that is held whole, for a few thousand leaves at most: every full subtree is hashed once. */
export class SmallTree {
  /** By height: the roots of the full subtrees. */
  readonly #rows: Buffer[][];
  readonly size: number;

  constructor(leafHashes: readonly Buffer[]) {
    this.size = leafHashes.length;
    this.#rows = [[...leafHashes]];
    for (let row = this.#rows[0] as Buffer[]; row.length > 1; this.#rows.push(row)) row = pairsOf(row);
  }

  root(): Buffer {
    return this.#rootOf({ from: 0n, to: BigInt(this.size) });
  }

  /** From the leaf's sibling up; empty for a tree of one leaf. */
  inclusionProof(index: number): Buffer[] {
    return inclusionShape(BigInt(index), BigInt(this.size)).map((range) => this.#rootOf(range));
  }

  #rootOf(range: LeafRange): Buffer {
    const roots = subtreesOf(range).map(({ height, index }) => this.#rows[height]?.[Number(index)] as Buffer);
    return roots.length === 1 ? (roots[0] as Buffer) : rootOfRange(Buffer.concat(roots, roots.length * hashBytes));
  }
}

function pairsOf(row: readonly Buffer[]): Buffer[] {
  return Array.from({ length: row.length >> 1 }, (_, pair) => nodeOf(row[2 * pair] as Buffer, row[2 * pair + 1] as Buffer));
}
