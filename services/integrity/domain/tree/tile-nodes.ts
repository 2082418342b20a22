import { hashBytes, hashNode } from './node-hash.ts';
import { tileHeight, tileWidth } from './tile-address.ts';

/** What any tile takes with its nodes. */
export const tileNodesBytesMax = 2 * tileWidth * hashBytes;

/** A tile with every full subtree above its hashes, each hashed once: whatever a proof takes out of a tile lies ready here. */
export class TileNodes {
  /** Hashes of the tile. */
  readonly width: number;
  /** Row by row from the hashes up, each half as wide as the one below it; a last hash without a neighbour has nothing above it. */
  readonly #nodes: Buffer;

  /** `memory`, of `tileNodesBytesMax`, spares an allocation where the nodes are not kept. */
  constructor(hashes: Buffer, memory?: Buffer) {
    this.width = hashes.length / hashBytes;
    this.#nodes = memory ?? Buffer.allocUnsafeSlow(rowStart(this.width, tileHeight + 1) * hashBytes);
    hashes.copy(this.#nodes);
    for (let height = 1; this.width >> height > 0; height++) this.#hashRow(height);
  }

  /** What it takes in memory, roughly. */
  get bytes(): number {
    return this.#nodes.length + 300;
  }

  /** Root of the `place`-th full subtree of 2^height hashes: a view. Throws `RangeError` where the tile does not hold it whole. */
  node(height: number, place: number): Buffer {
    if (place >= this.width >> height)
      throw new RangeError(`A tile of ${this.width} hashes does not hold hash ${((place + 1) << height) - 1}.`);
    const at = (rowStart(this.width, height) + place) * hashBytes;
    return this.#nodes.subarray(at, at + hashBytes);
  }

  #hashRow(height: number): void {
    const nodes = this.#nodes;
    const row = rowStart(this.width, height) * hashBytes;
    let child = rowStart(this.width, height - 1) * hashBytes;
    for (let place = 0; place < this.width >> height; place++, child += 2 * hashBytes)
      hashNode(nodes, child, nodes, child + hashBytes, nodes, row + place * hashBytes);
  }
}

/** Nodes below a row. */
function rowStart(width: number, height: number): number {
  let nodes = 0;
  for (let below = 0; below < height; below++) nodes += width >> below;
  return nodes;
}
