import { LRUCache } from 'lru-cache';
import { inclusionShape } from '../domain/tree/proof-shape.ts';
import { hashBytes } from '../domain/tree/node-hash.ts';
import { tileHeight, tileWidth } from '../domain/tree/tile-address.ts';
import { rootOfPath, rootsFromNodes, type TileKey, tileText, tilesUnder } from '../domain/tree/tile-hashes.ts';
import { TileNodes, tileNodesBytesMax } from '../domain/tree/tile-nodes.ts';
import type { TreeHead } from '../domain/tree-head.ts';
import type { LeafRow, LeafStore, LeafUnderHead } from './leaf-store.ts';

/** Two thousand full tiles with their nodes: all but the lowest level of a log of hundreds of millions of leaves. */
const keptBytesMax = 32 * 1024 * 1024;

/** For the tile of the leaf that is asked for. */
const ownTileMemory = Buffer.alloc(tileNodesBytesMax);

/**
 * The ways of leaves to the root of a signed head. Tiles that were read last are kept, as wide as they are under that head, for a tile of
 * one width never changes while a log only grows. Nothing depends on that: each path is followed to the head's root before it leaves. When
 * it ends elsewhere, what is kept is of another history (a database that was set back under a running service): all of it goes, and the
 * path is made from the store alone.
 */
export class InclusionPaths {
  readonly #leaves: LeafStore;
  readonly #kept: LRUCache<string, TileNodes>;

  constructor(leaves: LeafStore, bytesMax = keptBytesMax) {
    this.#leaves = leaves;
    this.#kept = new LRUCache({ maxSize: bytesMax, sizeCalculation: ({ bytes }) => bytes });
  }

  /** From the leaf's sibling up. The leaf must be under the head. Throws where what is stored does not lead to the head's root. */
  async path(log: string, { leaf, tile }: Pick<LeafUnderHead, 'leaf' | 'tile'>, head: TreeHead): Promise<Buffer[]> {
    const path = await this.#follow(log, leaf, head, tile);
    if (path !== undefined) return path;
    this.#kept.clear();
    const stored = await this.#follow(log, leaf, head, undefined);
    if (stored !== undefined) return stored;
    throw new Error(`The tiles of ${log} do not lead from leaf ${leaf.index} to the root that was signed for ${head.size} leaves.`);
  }

  /** Undefined for a path that ends elsewhere. `tile` is that of level 0 which the leaf is in, where it was read already. */
  async #follow(log: string, leaf: LeafRow, head: TreeHead, tile: Buffer | undefined): Promise<Buffer[] | undefined> {
    const shape = inclusionShape(leaf.index, head.size);
    const keys = tilesUnder(shape);
    const nodes = new Map<string, TileNodes>();
    const use = (key: TileKey, hashes: Buffer) => {
      const shown = hashes.subarray(0, widthAt(head.size, key) * hashBytes);
      const own = isTileOf(leaf, key);
      const made = new TileNodes(shown, own ? ownTileMemory : undefined);
      nodes.set(tileText(key), made);
      // In a long log nearly every leaf has a tile of its own: keeping those would only push out the ones that all leaves share.
      if (!own) this.#kept.set(keptAs(log, key, head.size), made);
    };
    const missing: TileKey[] = [];
    for (const key of keys) {
      const kept = this.#kept.get(keptAs(log, key, head.size));
      if (kept !== undefined) nodes.set(tileText(key), kept);
      else if (tile === undefined || !isTileOf(leaf, key)) missing.push(key);
    }
    const read = await this.#leaves.tiles(log, missing);
    // Nothing is awaited from here on: all paths share the memory of the own tile.
    for (const { hashes, ...key } of read) use(key, hashes);
    const own = keys.find((key) => isTileOf(leaf, key));
    if (tile !== undefined && own !== undefined) use(own, tile);
    const path = rootsFromNodes(shape, nodes);
    return rootOfPath(leaf.hash, leaf.index, shape, path).equals(head.root) ? path : undefined;
  }
}

function isTileOf({ index }: LeafRow, key: TileKey): boolean {
  return key.level === 0 && key.index === index / BigInt(tileWidth);
}

/** Hashes that a tile has in a tree of so many leaves. */
function widthAt(size: bigint, { level, index }: TileKey): number {
  const behind = (size >> BigInt(tileHeight * level)) - index * BigInt(tileWidth);
  return behind < tileWidth ? Number(behind) : tileWidth;
}

function keptAs(log: string, key: TileKey, size: bigint): string {
  return `${log}/${tileText(key)}/${widthAt(size, key)}`;
}
