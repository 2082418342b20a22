import { rootOfRange, type Tile } from './growing-tree.ts';
import { hashBytes, hashNode } from './node-hash.ts';
import { type LeafRange, type Subtree, subtreesOf } from './proof-shape.ts';
import { tileHeight, tileWidth } from './tile-address.ts';

/** Names a stored tile. */
export interface TileKey {
  readonly level: number;
  readonly index: bigint;
}

/** The tiles that the roots of these ranges are computed from, each once. */
export function tilesUnder(ranges: readonly LeafRange[]): TileKey[] {
  const keys = new Map<string, TileKey>();
  for (const range of ranges) {
    for (const subtree of subtreesOf(range)) {
      const { level, index } = placeOf(subtree);
      keys.set(textOf({ level, index }), { level, index });
    }
  }
  return [...keys.values()];
}

/** The roots of ranges, from the tiles that `tilesUnder` names (they may be wider than the tree was). Throws `RangeError` where one lacks hashes. */
export function rootsFromTiles(ranges: readonly LeafRange[], tiles: readonly Tile[]): Buffer[] {
  const byKey = new Map(tiles.map((tile) => [textOf(tile), tile.hashes]));
  return ranges.map((range) => rootOfRange(Buffer.concat(subtreesOf(range).map((subtree) => rootOfSubtree(subtree, byKey)))));
}

function rootOfSubtree(subtree: Subtree, tiles: ReadonlyMap<string, Buffer>): Buffer {
  const { level, index, first, count } = placeOf(subtree);
  const hashes = tiles.get(textOf({ level, index }));
  if (hashes === undefined || hashes.length < (first + count) * hashBytes)
    throw new RangeError(`Tile ${index} of level ${level} does not hold hash ${first + count - 1}.`);
  const nodes = Buffer.from(hashes.subarray(first * hashBytes, (first + count) * hashBytes));
  for (let width = count; width > 1; width >>= 1) {
    for (let pair = 0; pair < width; pair += 2)
      hashNode(nodes, pair * hashBytes, nodes, (pair + 1) * hashBytes, nodes, (pair / 2) * hashBytes);
  }
  return nodes.subarray(0, hashBytes);
}

/** Where the hashes under a subtree stand: `count` of them from `first` on in one tile. */
function placeOf({ height, index }: Subtree): TileKey & { readonly first: number; readonly count: number } {
  const level = Math.floor(height / tileHeight);
  const count = 1 << (height % tileHeight);
  const start = index * BigInt(count);
  return { level, index: start / BigInt(tileWidth), first: Number(start % BigInt(tileWidth)), count };
}

function textOf({ level, index }: TileKey): string {
  return `${level}/${index}`;
}
