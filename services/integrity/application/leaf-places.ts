/** A tree, and the event store that the positions of its leaves belong to. */
export interface PlacedTree {
  /** The provider's slug. */
  readonly log: string;
  readonly storeId: string;
  readonly size: bigint;
}

export interface LeafPlace {
  readonly index: bigint;
  readonly position: bigint;
}

/** Where the leaves of all logs stand in the event store. Everything happens in one transaction of the caller. */
export interface LeafPlaces {
  trees(): Promise<readonly PlacedTree[]>;
  /** Leaf hashes in order, from an index on; fewer than `count` only at the end. */
  hashes(log: string, from: bigint, count: number): Promise<readonly Buffer[]>;
  move(log: string, places: readonly LeafPlace[]): Promise<void>;
  /** From now on the tree grows from this store, by what stands behind the position. */
  follow(log: string, store: { readonly storeId: string; readonly position: bigint }): Promise<void>;
}
