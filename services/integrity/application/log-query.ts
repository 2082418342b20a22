import type { PublishedHead } from '../domain/tree-head.ts';
import { consistencyShape, inclusionShape, type LeafRange } from '../domain/tree/proof-shape.ts';
import { rootsFromTiles, tilesUnder } from '../domain/tree/tile-hashes.ts';
import type { CosignedHeads } from './cosignature-store.ts';
import type { HeadStore } from './head-store.ts';
import { InclusionPaths } from './inclusion-paths.ts';
import type { LeafName, LeafRow, LeafStore, LeafUnderHead } from './leaf-store.ts';

/** A leaf with its way to the root of a tree that a published head covers. */
export interface InclusionProof {
  readonly leaf: LeafRow;
  readonly head: PublishedHead;
  /** Leaves of the tree that the path leads to the root of. */
  readonly size: bigint;
  /** From the leaf's sibling up, 32 bytes each. */
  readonly path: readonly Buffer[];
}

/** A leaf, and its proof once a head covers it. */
export interface FoundLeaf {
  readonly leaf: LeafRow;
  readonly proof: InclusionProof | undefined;
}

/** Reads what the sequencer wrote. `log` is the provider's slug. */
export class LogQuery {
  readonly #leaves: LeafStore;
  readonly #heads: HeadStore;
  readonly #cosigned: CosignedHeads | undefined;
  readonly #paths: InclusionPaths;

  constructor(leaves: LeafStore, heads: HeadStore, cosigned?: CosignedHeads) {
    this.#leaves = leaves;
    this.#heads = heads;
    this.#cosigned = cosigned;
    this.#paths = new InclusionPaths(leaves);
  }

  /** The newest head that was signed and shown; undefined before the first. */
  head(log: string): Promise<PublishedHead | undefined> {
    return this.#heads.published(log);
  }

  find(log: string, name: LeafName): Promise<LeafRow | undefined> {
    return 'event' in name ? this.#leaves.findByEvent(log, name.event) : this.#leaves.findByPlace(log, name.stream, name.revision);
  }

  /**
   * Proof against the newest published head, or in the tree as it was with `size` leaves, for example the last anchor's. Undefined while no
   * head covers the leaf and the size, and for a size that does not reach the leaf.
   */
  async inclusion(log: string, leaf: LeafRow, size?: bigint): Promise<InclusionProof | undefined> {
    return this.#proven(log, { leaf, head: await this.head(log), tile: undefined }, size);
  }

  /** `find` and `inclusion` in one. */
  async findProven(log: string, name: LeafName, size?: bigint): Promise<FoundLeaf | undefined> {
    const found = await this.#leaves.findUnderHead(log, name);
    return found && { leaf: found.leaf, proof: await this.#proven(log, found, size) };
  }

  async #proven(log: string, { leaf, head, tile }: LeafUnderHead, size = head?.size): Promise<InclusionProof | undefined> {
    if (head === undefined || size === undefined || size > head.size || leaf.index >= size) return undefined;
    // The root of another size is not at hand, so what is kept in memory could not be checked against it: the store is asked.
    const isUnderHead = size === head.size;
    const path = isUnderHead ? await this.#paths.path(log, { leaf, tile }, head) : await this.#roots(log, inclusionShape(leaf.index, size));
    return { leaf, head, size, path };
  }

  /** The leaves from an index on. */
  leavesAt(log: string, index: bigint, count: number): Promise<LeafRow[]> {
    return this.#leaves.leaves(log, index, count);
  }

  /** The leaves of a stream between two revisions, both included, as far as they are in the log. */
  leavesOfStream(log: string, stream: string, fromRevision: bigint, toRevision: bigint): Promise<LeafRow[]> {
    return this.#leaves.leavesOfStream(log, stream, fromRevision, toRevision);
  }

  /** The ways of many leaves to the root of a tree; neighbours share most of their tiles, and each tile is read once. */
  async inclusions(log: string, indexes: readonly bigint[], size: bigint): Promise<(readonly Buffer[])[]> {
    const shapes = indexes.map((index) => inclusionShape(index, size));
    const tiles = await this.#leaves.tiles(log, tilesUnder(shapes.flat()));
    return shapes.map((shape) => rootsFromTiles(shape, tiles));
  }

  /** Proof against the head that witnesses cosigned, where it covers the leaf; else against the newest published one. */
  async cosignedInclusion(log: string, leaf: LeafRow): Promise<InclusionProof | undefined> {
    const published = await this.head(log);
    const shown = published && this.#cosigned && (await this.#cosigned.shown(log, published));
    const head = shown !== undefined && shown.size > leaf.index ? shown : published;
    return this.#proven(log, { leaf, head, tile: undefined });
  }

  /** Throws `RangeError` unless 0 < from <= to and the tree has `to` leaves. */
  consistency(log: string, from: bigint, to: bigint): Promise<Buffer[]> {
    return this.#roots(log, consistencyShape(from, to));
  }

  /** The root that the tree had at a size above 0. Throws `RangeError` for a size it has not reached. */
  async rootAt(log: string, size: bigint): Promise<Buffer> {
    return (await this.#roots(log, [{ from: 0n, to: size }]))[0] as Buffer;
  }

  async #roots(log: string, ranges: readonly LeafRange[]): Promise<Buffer[]> {
    return rootsFromTiles(ranges, await this.#leaves.tiles(log, tilesUnder(ranges)));
  }
}
