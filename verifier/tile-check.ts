import { readTile } from './bundles.ts';
import type { Findings } from './findings.ts';
import type { GrowingTree } from './growing-tree.ts';
import { Unavailable, type LogSource } from './log-source.ts';
import { tilePath, tileWidth } from './tile-path.ts';

export interface TileCheckOptions {
  readonly source: LogSource;
  readonly size: bigint;
  readonly findings: Findings;
}

interface GrowingTile {
  number: bigint;
  hashes: string;
  width: number;
}

const tileHeight = 8;
const atOnceMax = 8;

/** Compares every tile above the lowest level with the hashes that the leaves give (V3). */
export class TileCheck {
  readonly #options: TileCheckOptions;
  /** By level, from 1. */
  readonly #growing = new Map<number, GrowingTile>();
  #running: Promise<void>[] = [];

  constructor(options: TileCheckOptions) {
    this.#options = options;
  }

  /** A leaf completed subtrees up to this many levels above itself. */
  grown(tree: GrowingTree, completed: number): void {
    for (let height = tileHeight; height <= completed; height += tileHeight) {
      const level = height / tileHeight;
      const tile = this.#growing.get(level) ?? { number: 0n, hashes: '', width: 0 };
      tile.hashes += tree.completed(height);
      tile.width++;
      this.#growing.set(level, tile);
      if (tile.width === tileWidth) {
        this.#running.push(this.#compare(level, { ...tile }));
        this.#growing.set(level, { number: tile.number + 1n, hashes: '', width: 0 });
      }
    }
  }

  async finish(): Promise<void> {
    for (const [level, tile] of this.#growing) if (tile.width > 0) this.#running.push(this.#compare(level, tile));
    while (this.#running.length > 0) await Promise.all(this.#running.splice(0, atOnceMax));
  }

  async #compare(level: number, { number, hashes, width }: GrowingTile): Promise<void> {
    const { source, findings } = this.#options;
    const path = tilePath(level, number, width);
    try {
      const tile = await readTile(source, level, number, width);
      if (tile === undefined) findings.unverifiable('V3', `${path} is missing.`);
      else {
        const differs = firstDifference(tile, hashes, width);
        if (differs !== undefined) {
          const leaf = (number * BigInt(tileWidth) + BigInt(differs)) << BigInt(tileHeight * level);
          findings.invalid('V3', `${path} does not follow from the leaves below it.`, { leaf });
        }
      }
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error;
      findings.unverifiable('V3', error.message);
    }
  }
}

function firstDifference(tile: Buffer, hashes: string, width: number): number | undefined {
  const expected = Buffer.from(hashes, 'binary');
  for (let slot = 0; slot < width; slot++) {
    if (!tile.subarray(slot * 32, slot * 32 + 32).equals(expected.subarray(slot * 32, slot * 32 + 32))) return slot;
  }
  return undefined;
}
