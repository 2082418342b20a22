import type { CanonicalJson } from './canonical-json.ts';

/** The stream is new, or its last event has exactly this revision. Nothing weaker: `any` cannot be repeated safely. */
export type Expectation = 'no_stream' | bigint;

/** An event as a writer hands it over. */
export interface ProposedEvent {
  /** Lower-case UUID, not nil; deterministic (DESIGN 4.1), so that a repeat is recognised. */
  readonly id: string;
  /** `Name/version`, for example `AccountOpened/1`; at most 128 bytes. */
  readonly type: string;
  readonly data: CanonicalJson;
  /** Absent is not `{}`: it reads back absent. */
  readonly metadata?: CanonicalJson;
}

/** An event as the store gives it back: exactly the stored text, whoever wrote it. */
export interface StoredEvent {
  readonly id: string;
  readonly stream: string;
  /** Place in the stream: 0, 1, 2, ... without a gap. */
  readonly revision: bigint;
  /** Place in the whole log: an ordered token, strictly increasing, gaps allowed. */
  readonly position: bigint;
  readonly type: string;
  readonly data: string;
  readonly metadata: string | undefined;
  /** The store's clock at first write. Never used for order or for business time. */
  readonly createdAt: Date;
}

export interface AppendRequest {
  /** `<slug>.<kind>-<id>`. */
  readonly stream: string;
  readonly expected: Expectation;
  /** At least one, at most 1 MiB together, written all or not at all and adjacent in the log. */
  readonly events: readonly ProposedEvent[];
}

export interface Appended {
  /** Revision and position of the last event of this append. */
  readonly revision: bigint;
  readonly position: bigint;
  /**
   * Did *this* call write the events? `false`: they were there already (same ids at the same place). `unknown`: the engine does
   * not tell. Unless it is `true`, the stored bytes may be another writer's and must be read back before anything is promised.
   */
  readonly fresh: true | false | 'unknown';
}

export type Direction = 'forwards' | 'backwards';

export interface ReadStreamOptions {
  readonly direction?: Direction;
  /** Inclusive. Forwards default: 0. Backwards always begins at the end. */
  readonly fromRevision?: bigint;
  readonly maxCount?: number;
}

export interface ReadAllOptions {
  readonly direction?: Direction;
  /** Inclusive, forwards only. Backwards always begins at the end. */
  readonly fromPosition?: bigint;
  readonly maxCount?: number;
  readonly filter?: EventFilter;
}

/** Prefixes, case-sensitive, joined by or. An absent filter passes everything. */
export interface EventFilter {
  readonly streamPrefixes?: readonly string[];
  readonly typePrefixes?: readonly string[];
}

/** What a subscription hands to its reader in one go. */
export interface EventBatch {
  /** In log order; may be empty when only filtered-out events were passed. */
  readonly events: readonly StoredEvent[];
  /** Everything up to and including this position is in this or an earlier batch, or was filtered out. */
  readonly checkpoint: bigint;
}

export interface SubscribeAllOptions {
  /** `after` is exclusive, and must not lie beyond the head: that means the store was restored behind its readers. */
  readonly from: 'start' | 'end' | { readonly after: bigint };
  readonly filter?: EventFilter;
  readonly batchSizeMax?: number;
  /** Called with one batch at a time. When it rejects, the subscription stops with that error: nothing is skipped. */
  readonly handle: (batch: EventBatch) => Promise<void>;
  /**
   * Called with events that `handle` will get next, while it is still at work on those before: time to prepare them. Not called for
   * every event, and must not throw.
   */
  readonly readAhead?: (events: readonly StoredEvent[]) => void;
  /** All up to the head at subscribe time is handled. May repeat. */
  readonly caughtUp?: () => void;
}

export interface Subscription {
  /** Settles when the subscription has ended: resolves after `unsubscribe`, rejects with what stopped it. */
  readonly stopped: Promise<void>;
  readonly state: 'catching_up' | 'live' | 'reconnecting' | 'stopped';
  /** Ends delivery within a second, after the batch in hand. May be repeated. */
  unsubscribe(): Promise<void>;
}

export interface Head {
  /** Position of the last event, 0 when the log is empty. */
  readonly position: bigint;
  /** Identity of this store; a checkpoint taken on one store serves no other. */
  readonly storeId: string;
}

/**
 * The event store: events are the truth, everything else is derived. `test/contracts/event-store/` holds every adapter to the same
 * numbered promises.
 */
export interface EventStore {
  /**
   * Writes all events or none, at exactly the expected revision. Durable when it resolves. Safe to repeat for ever: the same ids
   * at the same expectation answer the first revision and position.
   * Throws `ConflictFault`, `UnknownOutcomeFault`, `StoreOverloadedFault`, `StreamDeletedFault`, `AppendRefusedDefect`.
   */
  append(request: AppendRequest): Promise<Appended>;
  /** Events of one stream. Throws `StreamNotFoundFault` for a stream without events; an empty range is simply empty. */
  readStream(stream: string, options?: ReadStreamOptions): AsyncIterable<StoredEvent>;
  /** The whole log in commit order, without what the engine writes for itself. Nothing ever appears behind a reader's cursor. */
  readAll(options?: ReadAllOptions): AsyncIterable<StoredEvent>;
  /** At least once, in log order, without loss; the reader stores its own checkpoint. */
  subscribeAll(options: SubscribeAllOptions): Subscription;
  head(): Promise<Head>;
  /** Resolves when the store takes appends and reads, rejects with a fault otherwise. */
  ready(): Promise<void>;
  /** Ends open calls as unknown and frees every connection; the process can exit. */
  dispose(): Promise<void>;
}

/** Nest injection token of the port. */
export const EVENT_STORE = Symbol('EventStore');
