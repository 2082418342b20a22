import { type Absence, isAbsence, readTile } from '../source/bundles.ts';
import type { LogSource } from '../source/log-source.ts';
import { tileWidth } from '../source/tile-path.ts';
import { hashBytes, type HashText, nodeOf, rootOfTile } from './node-hash.ts';

const tileHeight = 8;

/** A tile that is needed is not at hand. */
export class MissingTileError extends Error {
  override readonly name = 'MissingTileError';
  readonly absence: Absence;

  constructor(absence: Absence) {
    super(absence.message);
    this.absence = absence;
  }
}

/**
 * Roots and proofs of a tree, made from its tiles as they are served: whoever uses one checks it, as with a proof from anybody. Throws
 * `MissingTileError`.
 */
export class TileNodes {
  readonly #source: LogSource;
  readonly #size: number;
  readonly #tiles = new Map<string, Buffer>();

  /** Of the tree of `size` leaves. */
  constructor(source: LogSource, size: number) {
    this.#source = source;
    this.#size = size;
  }

  /** The root of the first leaves. */
  root(size: number): Promise<HashText> {
    return this.#range(0, size);
  }

  /** RFC 9162, section 2.1.3. */
  async inclusion(index: number): Promise<Buffer[]> {
    return this.#hashes(pathOf(index, 0, this.#size));
  }

  /** From the tree of the first leaves, more than none, to the whole one: RFC 9162, section 2.1.4. */
  async consistency(size: number): Promise<Buffer[]> {
    return this.#hashes(subproofOf(size, 0, this.#size, true));
  }

  async #hashes(ranges: readonly Range[]): Promise<Buffer[]> {
    const hashes: Buffer[] = [];
    for (const [from, to] of ranges) hashes.push(Buffer.from(await this.#range(from, to), 'latin1'));
    return hashes;
  }

  /** The root of leaves from..to, of which `from` is a place where such a subtree begins. */
  async #range(from: number, to: number): Promise<HashText> {
    const split = splitOf(to - from);
    if (split === to - from) return this.#full(from, split);
    return nodeOf(await this.#full(from, split), await this.#range(from + split, to));
  }

  /** The root of a full subtree: `width` leaves, a power of two. */
  async #full(from: number, width: number): Promise<HashText> {
    const height = Math.log2(width);
    const level = Math.floor(height / tileHeight);
    const span = tileWidth ** level;
    const slot = from / span;
    const index = Math.floor(slot / tileWidth);
    const tile = await this.#tile(level, index, Math.min(tileWidth, Math.floor(this.#size / span) - index * tileWidth));
    const place = slot - index * tileWidth;
    return rootOfTile(tile.subarray(place * hashBytes), width / span);
  }

  async #tile(level: number, index: number, width: number): Promise<Buffer> {
    const key = `${level} ${index}`;
    const known = this.#tiles.get(key);
    if (known !== undefined) return known;
    const tile = await readTile(this.#source, level, index, width);
    if (isAbsence(tile)) throw new MissingTileError(tile);
    const whole = Buffer.alloc(width * hashBytes); // A tile that is too short gives hashes that prove nothing.
    tile.copy(whole);
    this.#tiles.set(key, whole);
    return whole;
  }
}

type Range = readonly [from: number, to: number];

/** The largest power of two up to a number; below it where the number has more leaves than one subtree. */
function splitOf(leaves: number): number {
  let split = 1;
  while (split * 2 <= leaves) split *= 2;
  return split;
}

/** Where a tree of more than one leaf is split. */
function halfOf(leaves: number): number {
  const split = splitOf(leaves);
  return split === leaves ? split / 2 : split;
}

function pathOf(index: number, from: number, to: number): Range[] {
  if (to - from === 1) return [];
  const middle = from + halfOf(to - from);
  return index < middle ? [...pathOf(index, from, middle), [middle, to]] : [...pathOf(index, middle, to), [from, middle]];
}

function subproofOf(size: number, from: number, to: number, isWhole: boolean): Range[] {
  if (size === to) return isWhole ? [] : [[from, to]];
  const middle = from + halfOf(to - from);
  return size <= middle
    ? [...subproofOf(size, from, middle, isWhole), [middle, to]]
    : [...subproofOf(size, middle, to, false), [from, middle]];
}
