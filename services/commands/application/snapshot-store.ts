/** An aggregate as it was after one of its events. */
export interface Snapshot {
  readonly stream: string;
  /** Of the aggregate's code: `Aggregate.version`. */
  readonly version: number;
  /** Of the last event that is in it; `position` and `leaf` are of the same event. */
  readonly revision: bigint;
  readonly storeId: string;
  readonly position: bigint;
  /** Leaf hash, 64 hex: through `prev` it binds every event before. */
  readonly leaf: string;
  /** State and remembered commands, see `snapshot-body.ts`. */
  readonly body: string;
  /** SHA-256 over all of the above, hex: tells a damaged row. */
  readonly digest: string;
}

/**
 * Snapshots, on every engine rows in Postgres and never streams. Any of them may be lost, old or damaged at any time: whoever reads one
 * holds it against the stream.
 */
export interface SnapshotStore {
  /** The one with the highest revision, or undefined. */
  find(stream: string, version: number): Promise<Snapshot | undefined>;
  /** Takes the place of those of the same stream with a lower revision, of this version and earlier ones. May be lost in a crash. */
  save(snapshot: Snapshot): Promise<void>;
}
