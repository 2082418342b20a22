import { tileWidth } from '../source/tile-path.ts';
import { hashBytes, type HashText, nodeOf, rootOfTile } from './node-hash.ts';

/** A tile above the leaves as it must be. */
export interface ExpectedTile {
  readonly level: number;
  readonly index: number;
  readonly width: number;
  readonly bytes: Buffer;
}

/** All that a tree remembers of the full tiles before it. */
export interface TileTreeState {
  readonly tiles: number;
  readonly subtrees: readonly (HashText | undefined)[];
  readonly unfinished: readonly (Uint8Array | undefined)[];
  readonly counts: readonly number[];
}

const tileHeight = 8;

/**
 * The tree over tiles of leaf hashes, in order. It keeps one hash for each bit of its size and the unfinished tile of each level: a log of
 * any length needs a few kilobytes.
 */
export class TileTree {
  #tiles = 0;
  /** By height: the full subtree that ends where the tree ends, present where the bit of the size is set. */
  readonly #subtrees: (HashText | undefined)[] = [];
  /** By level, from 1: the hashes of the tile that is not full yet. */
  readonly #unfinished: Buffer[] = [];
  readonly #counts: number[] = [];

  /** The root of all full tiles so far and the first `count` hashes of the next one. */
  rootWith(tile: Buffer, count: number): HashText {
    let root = rootOfTile(tile, count);
    for (const subtree of this.#subtrees) if (subtree !== undefined) root = nodeOf(subtree, root);
    return root;
  }

  /** Adds a full tile of leaf hashes. Answers the tiles above that this one completes. */
  append(tile: Buffer): ExpectedTile[] {
    const completed: ExpectedTile[] = [];
    let root = rootOfTile(tile, tileWidth);
    let height = tileHeight;
    for (; ; height++) {
      if (height % tileHeight === 0) this.#keep(height / tileHeight, root, completed);
      const left = this.#subtrees[height];
      if (left === undefined) break;
      this.#subtrees[height] = undefined;
      root = nodeOf(left, root);
    }
    this.#subtrees[height] = root;
    this.#tiles++;
    return completed;
  }

  /** A copy, from which another tree goes on. */
  state(): TileTreeState {
    const unfinished = this.#unfinished.map((tile, level) => Buffer.from(tile.subarray(0, (this.#counts[level] ?? 0) * hashBytes)));
    return { tiles: this.#tiles, subtrees: this.#subtrees.slice(), unfinished, counts: this.#counts.slice() };
  }

  /** Goes on from where another tree was. */
  resume({ tiles, subtrees, unfinished, counts }: TileTreeState): void {
    this.#tiles = tiles;
    subtrees.forEach((subtree, height) => (this.#subtrees[height] = subtree));
    counts.forEach((count, level) => (this.#counts[level] = count));
    unfinished.forEach((hashes, level) => {
      if (hashes === undefined) return;
      const tile = Buffer.alloc(tileWidth * hashBytes);
      tile.set(hashes);
      this.#unfinished[level] = tile;
    });
  }

  /** The tiles above the leaves that are not full. */
  unfinished(): ExpectedTile[] {
    return this.#counts.flatMap((width, level) => {
      if (width === 0) return [];
      const bytes = (this.#unfinished[level] as Buffer).subarray(0, width * hashBytes);
      return [{ level, index: Math.floor(this.#tiles / tileWidth ** level), width, bytes }];
    });
  }

  #keep(level: number, root: HashText, completed: ExpectedTile[]): void {
    const tile = (this.#unfinished[level] ??= Buffer.alloc(tileWidth * hashBytes));
    const count = this.#counts[level] ?? 0;
    tile.write(root, count * hashBytes, hashBytes, 'latin1');
    if (count + 1 < tileWidth) this.#counts[level] = count + 1;
    else {
      completed.push({ level, index: Math.floor(this.#tiles / tileWidth ** level), width: tileWidth, bytes: Buffer.from(tile) });
      this.#counts[level] = 0;
    }
  }
}
