import { rootOfRange, type Tile } from './growing-tree.ts';
import { nodeOf } from './node-hash.ts';
import { type LeafRange, type Subtree, subtreesOf } from './proof-shape.ts';
import { tileHeight, tileWidth } from './tile-address.ts';
import { TileNodes } from './tile-nodes.ts';

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
      keys.set(tileText({ level, index }), { level, index });
    }
  }
  return [...keys.values()];
}

/** The roots of ranges, from the tiles that `tilesUnder` names (they may be wider than the tree was). Throws `RangeError` where one lacks hashes. */
export function rootsFromTiles(ranges: readonly LeafRange[], tiles: readonly Tile[]): Buffer[] {
  return rootsFromNodes(ranges, new Map(tiles.map((tile) => [tileText(tile), new TileNodes(tile.hashes)])));
}

/** The same from tiles whose nodes are known, by `tileText`. */
export function rootsFromNodes(ranges: readonly LeafRange[], tiles: ReadonlyMap<string, TileNodes>): Buffer[] {
  return ranges.map((range) => rootOfRange(Buffer.concat(subtreesOf(range).map((subtree) => rootOfSubtree(subtree, tiles)))));
}

/** Where the way up from a leaf ends, along the roots of the ranges of its proof. */
export function rootOfPath(leafHash: Buffer, index: bigint, ranges: readonly LeafRange[], path: readonly Buffer[]): Buffer {
  return ranges.reduce((node, { from }, step) => {
    const sibling = path[step] as Buffer;
    return from > index ? nodeOf(node, sibling) : nodeOf(sibling, node);
  }, leafHash);
}

function rootOfSubtree(subtree: Subtree, tiles: ReadonlyMap<string, TileNodes>): Buffer {
  const { level, index, height, place } = placeOf(subtree);
  const tile = tiles.get(tileText({ level, index }));
  if (tile === undefined) throw new RangeError(`Tile ${index} of level ${level} is not there.`);
  return tile.node(height, place);
}

/** Where the root of a subtree stands in a tile: the `place`-th of its height above the hashes. */
function placeOf({ height, index }: Subtree): TileKey & { readonly height: number; readonly place: number } {
  const level = Math.floor(height / tileHeight);
  const heightInTile = height % tileHeight;
  const perTile = BigInt(tileWidth >> heightInTile);
  return { level, index: index / perTile, height: heightInTile, place: Number(index % perTile) };
}

/** A tile's name as a key of a map. */
export function tileText({ level, index }: TileKey): string {
  return `${level}/${index}`;
}
