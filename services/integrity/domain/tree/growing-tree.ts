import { emptyRoot, hashBytes, hashNode } from './node-hash.ts';
import { tileHeight, tileWidth } from './tile-address.ts';

/** A tile as it is stored: as many hashes as it has by now. */
export interface Tile {
  readonly level: number;
  readonly index: bigint;
  /** 32 bytes a hash. */
  readonly hashes: Buffer;
}

/** What must be kept of a tree so that it can go on growing. */
export interface TreeState {
  readonly size: bigint;
  /** Compact range: the roots of the full subtrees that make up the tree, largest first, 32 bytes each. */
  readonly range: Buffer;
  /** By level: the partial tile at the right edge; empty where there is none. */
  readonly edges: readonly Buffer[];
}

const levelsMax = 64;

/**
 * An RFC 6962 tree that grows at its right edge and hands over the tiles that changed. About one node is hashed a leaf.
 *
 * The compact range is a binary counter: a new leaf merges with the subtrees of its own height, from the smallest up. Whenever such a node
 * reaches a multiple of eight levels it is the next hash of a tile.
 */
export class GrowingTree {
  #size: bigint;
  /** The compact range, and the height of each of its subtrees. */
  readonly #range = Buffer.alloc(levelsMax * hashBytes);
  readonly #heights: number[] = [];
  /** The node on its way up. */
  readonly #node = Buffer.alloc(hashBytes);
  readonly #edges: Edge[] = [];

  constructor({ size, range, edges }: TreeState = { size: 0n, range: Buffer.alloc(0), edges: [] }) {
    this.#size = size;
    for (let height = levelsMax - 1; height >= 0; height--) if ((size >> BigInt(height)) & 1n) this.#heights.push(height);
    if (range.length !== this.#heights.length * hashBytes) throw new RangeError(`A tree of ${size} leaves has another compact range.`);
    range.copy(this.#range);
    for (let level = 0; size >> BigInt(level * tileHeight) > 0n; level++) this.#edges.push(edgeOf(level, size, edges[level]));
  }

  get size(): bigint {
    return this.#size;
  }

  /** Appends leaf hashes, 32 bytes each. Answers every tile that changed, with what it holds now. */
  append(leafHashes: Buffer): Tile[] {
    if (leafHashes.length % hashBytes !== 0) throw new RangeError('Leaf hashes have 32 bytes each.');
    const tiles: Tile[] = [];
    for (let at = 0; at < leafHashes.length; at += hashBytes) this.#appendOne(leafHashes, at, tiles);
    this.#size += BigInt(leafHashes.length / hashBytes);
    this.#edges.forEach((edge, level) => {
      if (edge.changed && edge.width > 0)
        tiles.push({ level, index: edge.index, hashes: Buffer.from(edge.hashes.subarray(0, edge.width * hashBytes)) });
      edge.changed = false;
    });
    return tiles;
  }

  /** A copy of the compact range. */
  range(): Buffer {
    return Buffer.from(this.#range.subarray(0, this.#heights.length * hashBytes));
  }

  root(): Buffer {
    return rootOfRange(this.range());
  }

  #appendOne(leafHashes: Buffer, at: number, tiles: Tile[]): void {
    const node = this.#node;
    const heights = this.#heights;
    leafHashes.copy(node, 0, at, at + hashBytes);
    this.#keep(0, tiles);
    let height = 0;
    while (heights.length > 0 && heights[heights.length - 1] === height) {
      heights.pop();
      hashNode(this.#range, heights.length * hashBytes, node, 0, node, 0);
      height++;
      if (height % tileHeight === 0) this.#keep(height / tileHeight, tiles);
    }
    node.copy(this.#range, heights.length * hashBytes);
    heights.push(height);
  }

  /** Adds the node to the tile at the edge of a level. A tile that is full is handed over and the next one begins. */
  #keep(level: number, tiles: Tile[]): void {
    const edge = (this.#edges[level] ??= edgeOf(level, 0n, undefined));
    this.#node.copy(edge.hashes, edge.width * hashBytes);
    edge.width++;
    edge.changed = true;
    if (edge.width < tileWidth) return;
    tiles.push({ level, index: edge.index, hashes: edge.hashes });
    edge.hashes = Buffer.allocUnsafe(tileWidth * hashBytes);
    edge.index++;
    edge.width = 0;
  }
}

interface Edge {
  hashes: Buffer;
  index: bigint;
  width: number;
  changed: boolean;
}

function edgeOf(level: number, size: bigint, stored: Buffer | undefined): Edge {
  const count = size >> BigInt(level * tileHeight);
  const width = Number(count % BigInt(tileWidth));
  const hashes = Buffer.allocUnsafe(tileWidth * hashBytes);
  if ((stored?.length ?? 0) < width * hashBytes) throw new RangeError(`The partial tile of level ${level} does not hold ${width} hashes.`);
  stored?.copy(hashes, 0, 0, width * hashBytes);
  return { hashes, index: count / BigInt(tileWidth), width, changed: false };
}

/** The root of the tree whose compact range this is: folded from the smallest subtree up. */
export function rootOfRange(range: Buffer): Buffer {
  if (range.length === 0) return Buffer.from(emptyRoot);
  const root = Buffer.from(range.subarray(range.length - hashBytes));
  for (let at = range.length - 2 * hashBytes; at >= 0; at -= hashBytes) hashNode(range, at, root, 0, root, 0);
  return root;
}
