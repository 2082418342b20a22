import type { ClientBase } from 'pg';
import type { LeafStore } from '../../integrity/application/leaf-store.ts';
import { GrowingTree, type Tile } from '../../integrity/domain/tree/growing-tree.ts';
import { hashBytes } from '../../integrity/domain/tree/node-hash.ts';
import { tileHeight, tileWidth } from '../../integrity/domain/tree/tile-address.ts';
import type { CapturedTree } from './captured-tree.ts';
import type { Part } from './part.ts';

export interface TreeWalkOptions {
  readonly log: string;
  readonly tree: CapturedTree;
  readonly leaves: LeafStore;
  /** Of the session with the roots that were stated (`captureTree`). */
  readonly client: ClientBase;
  readonly parts: { readonly tiles: Part; readonly heads: Part; readonly rounds: Part; readonly anchors: Part };
}

/** A root that a row states of the log. */
interface StatedRoot {
  readonly size: bigint;
  readonly root: Buffer;
  readonly source: 'integrity_head' | 'integrity_round' | 'integrity_anchor' | 'head file';
  readonly key: string;
  readonly column: string;
}

const rootsAtOnce = 1_000;

/** Grows the tree again from its leaf hashes, and holds every tile, head, round and anchor that it passes against it. */
export class TreeWalk {
  readonly #options: TreeWalkOptions;
  readonly #growing = new GrowingTree();
  #stated: StatedRoot[] = [];
  #lastPlace = 0n;
  #areAllRead = false;

  constructor(options: TreeWalkOptions) {
    this.#options = options;
  }

  async next(hashes: Buffer): Promise<void> {
    const tiles = new Map<string, Tile>();
    await this.#compareRoots();
    for (let at = 0; at < hashes.length;) {
      const { size } = this.#growing;
      const until = (await this.#nextStated())?.size;
      const left = BigInt((hashes.length - at) / hashBytes);
      const count = until !== undefined && until > size && until - size < left ? until - size : left;
      const end = at + Number(count) * hashBytes;
      // The widest version of a tile is the last one.
      for (const tile of this.#growing.append(hashes.subarray(at, end))) tiles.set(`${tile.level} ${tile.index}`, tile);
      at = end;
      await this.#compareRoots();
    }
    await this.#compareTiles([...tiles.values()]);
  }

  /** At the end of the leaves: what is stated of more leaves has no tree. */
  async finish(): Promise<void> {
    const { tree, parts, log } = this.#options;
    await this.#compareRoots();
    for (let stated = await this.#nextStated(); stated !== undefined; stated = await this.#nextStated()) {
      const at = { table: stated.source, key: stated.key, column: stated.column };
      const message = `a root is stated of ${stated.size} leaves, and the tree has ${tree.size}`;
      this.#partOf(stated).differs({ message, at, found: stated.root.toString('hex') });
      this.#stated.shift();
    }
    const range = this.#growing.range();
    if (!range.equals(tree.range)) {
      const at = { table: 'integrity_tree', key: log, column: 'range' };
      parts.heads.differs({
        message: 'the edge of the tree is another one',
        at,
        expected: range.toString('hex'),
        found: tree.range.toString('hex'),
      });
    }
    if (tree.wrongTile !== undefined) parts.tiles.differs(tree.wrongTile);
    parts.tiles.figures['tiles'] = countTiles(tree.size);
  }

  async #compareRoots(): Promise<void> {
    const { size } = this.#growing;
    for (let stated = await this.#nextStated(); stated !== undefined && stated.size <= size; stated = await this.#nextStated()) {
      const root = this.#growing.root();
      const part = this.#partOf(stated);
      if (stated.size < size || !root.equals(stated.root)) {
        const at = { table: stated.source, key: stated.key, column: stated.column };
        const message = `the root of ${stated.size} leaves is another one`;
        part.differs({ message, at, expected: root.toString('hex'), found: stated.root.toString('hex') });
      }
      part.figures['roots'] = BigInt(part.figures['roots'] ?? 0) + 1n;
      this.#stated.shift();
    }
  }

  #partOf({ source }: StatedRoot): Part {
    const { heads, rounds, anchors } = this.#options.parts;
    return { integrity_head: heads, integrity_round: rounds, integrity_anchor: anchors, 'head file': heads }[source];
  }

  async #nextStated(): Promise<StatedRoot | undefined> {
    if (this.#stated.length === 0 && !this.#areAllRead) this.#stated = await this.#readStated();
    return this.#stated[0];
  }

  async #readStated(): Promise<StatedRoot[]> {
    const { rows } = await this.#options.client.query<StatedRoot & { readonly place: bigint }>({
      name: 'fsck-stated-roots',
      text: `
        select place, size, root, source, key, column_name as column
        from stated_root where place > $1 order by place limit ${rootsAtOnce}`,
      values: [this.#lastPlace],
    });
    this.#lastPlace = rows.at(-1)?.place ?? this.#lastPlace;
    this.#areAllRead = rows.length < rootsAtOnce;
    return rows;
  }

  async #compareTiles(tiles: readonly Tile[]): Promise<void> {
    const { log, leaves, parts } = this.#options;
    if (parts.tiles.isDifferent) return;
    const stored = new Map((await leaves.tiles(log, tiles)).map((tile) => [`${tile.level} ${tile.index}`, tile.hashes]));
    for (const tile of tiles) compareTile(this.#options, tile, stored.get(`${tile.level} ${tile.index}`));
  }
}

/** Full and partial tiles of all levels. */
function countTiles(size: bigint): bigint {
  let count = 0n;
  for (let hashes = size; hashes > 0n; hashes >>= BigInt(tileHeight)) count += (hashes + BigInt(tileWidth) - 1n) / BigInt(tileWidth);
  return count;
}

/** A stored tile at the edge may be wider by now: a narrower version of a tile is its beginning. */
function compareTile({ log, parts }: TreeWalkOptions, { level, index, hashes }: Tile, stored: Buffer | undefined): void {
  const at = { table: 'integrity_tile', key: `${log}, ${level}, ${index}`, level: `${level}`, tile: `${index}` };
  if (stored === undefined) return parts.tiles.differs({ message: 'a tile row is missing', at });
  if (stored.subarray(0, hashes.length).equals(hashes)) return;
  const place = firstDifference(hashes, stored);
  const [from, to] = [place * hashBytes, (place + 1) * hashBytes];
  const width = 1n << BigInt(8 * level);
  const leaf = (index * BigInt(tileWidth) + BigInt(place)) * width;
  const covers: Readonly<Record<string, string>> = width === 1n ? { leaf: `${leaf}` } : { leaves: `${leaf} to ${leaf + width - 1n}` };
  parts.tiles.differs({
    message: `hash ${place} of a tile is another one`,
    at: { ...at, ...covers },
    expected: hashes.toString('hex', from, to),
    found: stored.toString('hex', from, to),
  });
}

function firstDifference(hashes: Buffer, stored: Buffer): number {
  for (let place = 0; place * hashBytes < hashes.length; place++) {
    const [from, to] = [place * hashBytes, (place + 1) * hashBytes];
    if (!hashes.subarray(from, to).equals(stored.subarray(from, to))) return place;
  }
  return 0;
}
