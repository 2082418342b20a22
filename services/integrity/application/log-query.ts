import type { PublishedHead } from '../domain/tree-head.ts';
import { consistencyShape, inclusionShape, type LeafRange } from '../domain/tree/proof-shape.ts';
import { rootsFromTiles, tilesUnder } from '../domain/tree/tile-hashes.ts';
import type { CosignedHeads } from './cosignature-store.ts';
import type { HeadStore } from './head-store.ts';
import type { LeafRow, LeafStore } from './leaf-store.ts';

/** A leaf with its way to the root of a tree that a published head covers. */
export interface InclusionProof {
  readonly leaf: LeafRow;
  readonly head: PublishedHead;
  /** Leaves of the tree that the path leads to the root of. */
  readonly size: bigint;
  /** From the leaf's sibling up, 32 bytes each. */
  readonly path: readonly Buffer[];
}

export type LeafName = { readonly event: string } | { readonly stream: string; readonly revision: bigint };

/** Reads what the sequencer wrote. `log` is the provider's slug. */
export class LogQuery {
  readonly #leaves: LeafStore;
  readonly #heads: HeadStore;
  readonly #cosigned: CosignedHeads | undefined;

  constructor(leaves: LeafStore, heads: HeadStore, cosigned?: CosignedHeads) {
    this.#leaves = leaves;
    this.#heads = heads;
    this.#cosigned = cosigned;
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
   * head covers the leaf and the size. Throws `RangeError` for a size at or below the leaf.
   */
  async inclusion(log: string, leaf: LeafRow, size?: bigint): Promise<InclusionProof | undefined> {
    const head = await this.head(log);
    const wanted = size ?? head?.size;
    if (head === undefined || wanted === undefined || wanted > head.size || leaf.index >= head.size) return undefined;
    return { leaf, head, size: wanted, path: await this.#roots(log, inclusionShape(leaf.index, wanted)) };
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
    const head = published && this.#cosigned && (await this.#cosigned.shown(log, published));
    const proof = await this.inclusion(log, leaf, head !== undefined && head.size > leaf.index ? head.size : undefined);
    return proof && head?.size === proof.size ? { ...proof, head } : proof;
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
