import type { PublishedHead } from '../domain/tree-head.ts';
import type { Tile, TreeState } from '../domain/tree/growing-tree.ts';
import type { TileKey } from '../domain/tree/tile-hashes.ts';

/** An event at its place in a log. */
export interface LeafRow {
  readonly index: bigint;
  /** Position in the event store when it became a leaf. */
  readonly position: bigint;
  readonly stream: string;
  readonly revision: bigint;
  readonly eventId: string;
  /** Leaf hash, 32 bytes. */
  readonly hash: Buffer;
  /** The exact bytes that are hashed; ASCII. */
  readonly entry: string;
}

export type LeafName = { readonly event: string } | { readonly stream: string; readonly revision: bigint };

/** What a proof of a leaf begins with, as it stood at one moment. */
export interface LeafUnderHead {
  readonly leaf: LeafRow;
  /** The tile of level 0 that the leaf is in, as wide as it is by now; undefined where it was not read. */
  readonly tile: Buffer | undefined;
  /** What the world sees; undefined before the first head. It may not cover the leaf yet. */
  readonly head: PublishedHead | undefined;
}

/** A tree as it stands in the store. */
export interface StoredTree {
  /** Which event store its positions belong to; undefined for a tree that has no leaf yet. */
  readonly storeId: string | undefined;
  /** Everything of the event store up to here is in the tree or is no leaf of it. */
  readonly position: bigint;
  readonly state: TreeState;
}

/** What one batch of events adds to a tree. */
export interface TreeGrowth {
  readonly log: string;
  readonly storeId: string;
  /** The size the writer grew the tree from. */
  readonly sizeBefore: bigint;
  readonly size: bigint;
  readonly range: Buffer;
  readonly position: bigint;
  readonly leaves: readonly LeafRow[];
  readonly tiles: readonly Tile[];
}

/** Another writer grew the tree meanwhile. Nothing was written; load it again. */
export class TreeMovedFault extends Error {
  override readonly name = 'TreeMovedFault';
  readonly retryable = true;
}

/** Leaves and tiles of the logs. `log` is always the provider's slug. */
export interface LeafStore {
  /** A tree without leaves for a log that has none. */
  load(log: string): Promise<StoredTree>;
  /**
   * Leaves, tiles, compact range and position in one transaction; nothing of it unless the stored size is `sizeBefore`. May still be lost
   * in a crash of the database (it is derived again) until a head is made durable after it. Throws `TreeMovedFault`.
   */
  grow(growth: TreeGrowth): Promise<void>;
  /** In order, from an index on; fewer than `count` only at the end. */
  leaves(log: string, from: bigint, count: number): Promise<LeafRow[]>;
  /** The leaf with the smallest index where an id was written twice. */
  findByEvent(log: string, eventId: string): Promise<LeafRow | undefined>;
  findByPlace(log: string, stream: string, revision: bigint): Promise<LeafRow | undefined>;
  /** As the two above, with what is needed beside the leaf to prove it. */
  findUnderHead(log: string, name: LeafName): Promise<LeafUnderHead | undefined>;
  /** Of one stream, in order of revision, both ends included; those that are not there yet are left out. */
  leavesOfStream(log: string, stream: string, fromRevision: bigint, toRevision: bigint): Promise<LeafRow[]>;
  /** How many leaves stand at or before a position of the event store, and how far the tree was read; undefined for a log without leaves. */
  edgeAt(log: string, position: bigint): Promise<{ readonly size: bigint; readonly treePosition: bigint } | undefined>;
  /** By event id: the index of the first leaf that has it. Ids without a leaf are left out. */
  firstIndexes(log: string, eventIds: readonly string[]): Promise<ReadonlyMap<string, bigint>>;
  /** Those that exist, in any order, as wide as they are by now. */
  tiles(log: string, keys: readonly TileKey[]): Promise<Tile[]>;
  /** Full and partial tiles of a level, in order, from an index on. */
  tilesOfLevel(log: string, level: number, from: bigint, count: number): Promise<Tile[]>;
}
