import { hash } from 'node:crypto';

const hashBytes = 32;
const levelsMax = 64;

/**
 * The tree's edge while leaves are added one by one: the roots of the complete subtrees, one a level (a compact range). Hashes are
 * texts of one character a byte: a digest into a Buffer of its own would cost twice the hash.
 */
export class GrowingTree {
  size = 0n;
  readonly #subtrees: string[] = new Array<string>(levelsMax).fill('');
  /** Roots of the subtrees that the last leaf completed, from the leaf up. */
  readonly #completed: string[] = [];
  readonly #node = Buffer.alloc(1 + 2 * hashBytes);

  constructor() {
    this.#node[0] = 1;
  }

  /** Adds a leaf hash. Answers how many levels up complete subtrees were finished: 0 for the leaf alone. */
  append(leafHash: string): number {
    let node = leafHash;
    let level = 0;
    this.#completed[0] = leafHash;
    // As many complete subtrees end here as the size has ones at its end.
    for (let size = Number(this.size & 0xffff_ffffn), high = this.size >> 32n; level < levelsMax; level++) {
      const bit = level < 32 ? (size >>> level) & 1 : Number((high >> BigInt(level - 32)) & 1n);
      if (bit === 0) break;
      node = this.#join(this.#subtrees[level] as string, node);
      this.#completed[level + 1] = node;
    }
    this.#subtrees[level] = node;
    this.size += 1n;
    return level;
  }

  /** Root of the complete subtree that ends at the last leaf, this many levels above it; at most what `append` answered. */
  completed(level: number): string {
    return this.#completed[level] as string;
  }

  /** Root of all leaves so far. */
  root(): Buffer {
    if (this.size === 0n) return hash('sha256', Buffer.alloc(0), 'buffer');
    let node: string | undefined;
    for (let level = 0; level < levelsMax; level++) {
      if (((this.size >> BigInt(level)) & 1n) === 0n) continue;
      const subtree = this.#subtrees[level] as string;
      node = node === undefined ? subtree : this.#join(subtree, node);
    }
    return Buffer.from(node as string, 'latin1');
  }

  #join(left: string, right: string): string {
    this.#node.write(left, 1, 'latin1');
    this.#node.write(right, 1 + hashBytes, 'latin1');
    return hash('sha256', this.#node, 'binary');
  }
}
