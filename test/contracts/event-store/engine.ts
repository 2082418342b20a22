import type { EventStore } from '../../../services/event-store/domain/event-store.ts';

/**
 * An event store under test. One file per engine makes one of these and hands it to `describeContract` (contract.ts). Nothing is
 * assumed about the log: it may hold the events of others, and every test writes to streams under a fresh slug.
 */
export interface Engine {
  /** `memory`, `postgres`, `eventstoredb-double` or `eventstoredb-<version>`: the first word of the line that the run ends with. */
  readonly name: string;
  /** What `open` offers beyond the port. A test that needs more is left out, which `not-applicable.ts` has to account for. */
  readonly abilities: readonly (keyof Abilities)[];
  /** Opens a client for one test. Positions stride at random where the engine can. */
  open(options?: OpenOptions): Promise<OpenEngine>;
  /** Called once, after the last test. */
  close(): Promise<void>;
}

export interface OpenOptions {
  /** How long an append may go unanswered before its outcome counts as unknown; by default what the product uses. */
  readonly appendTimeoutMs?: number;
}

/** A client for one test, and what can be done to its store behind the port. */
export interface OpenEngine extends Partial<Abilities> {
  readonly store: EventStore;
  /** Heals whatever the test broke, and disposes of every client that was handed out. */
  close(): Promise<void>;
}

/** What an engine may offer beyond the port. Each is there for the tests that name it, and acts on the store of `open`. */
export interface Abilities {
  /** Opens another client of the same log, as another process would have. */
  client(): Promise<EventStore>;
  /** Opens another store of the same engine: a log of its own. */
  another(): Promise<EventStore>;
  /** For a process of its own that opens a store of this engine. */
  readonly process: ProcessStore;
  /** What such a process opens is a client of the same log. */
  readonly processSharesLog: true;
  /** Ends the store hard and starts it again with what it had on disk. Clients live through it. */
  readonly crash: Crash;
  /** Sets the store back to an older copy of itself, as its documentation tells an operator to. Clients live through it. */
  readonly setBack: SetBack;
  /** Makes the store unreachable for a while: connections end, new ones are refused. */
  readonly outage: Outage;
  /** Ways in which an append can end without a known outcome; at least one in which it was written and one in which it was not. */
  readonly appendFaults: readonly AppendFault[];
  /** An append is written where it arrived, but not yet where it must be to last (a replica): it and its repeats end as unknown. */
  readonly unreplicated: AppendFault;
  /** From now to the end of the test, each commit waits a few milliseconds, drawn at random, between its position and its visibility. */
  slowCommits(): Promise<void>;
  /** Writes events whose stream or type begins with `$` (as the engine itself would, or by force), in between the events of the test. */
  noise(): Promise<void>;
  /** What somebody with access to the store can do to a stream behind the port. */
  readonly tamper: Tamper;
  /** Turns the store's clock by so many milliseconds, to the end of the test. */
  skewStoreClock(milliseconds: number): Promise<void>;
  /** The client's clock may be an hour behind the store's: nothing it sends carries an absolute time. */
  readonly lateClientClock: true;
}

/** A process imports `module` by its path and calls `open(argument)`, which answers the client. */
export interface ProcessStore {
  /** Path of a module in erasable TypeScript that exports `open: (argument: string) => EventStore | Promise<EventStore>`. */
  readonly module: string;
  readonly argument: string;
}

export interface Crash {
  /** SIGKILL or its like; resolves when the store is gone. */
  kill(): Promise<void>;
  /** Resolves when the store takes appends again. */
  restart(): Promise<void>;
}

export interface SetBack {
  /** Takes the copy. */
  copy(): Promise<void>;
  /** Puts the copy in the place of the store. */
  restore(): Promise<void>;
}

export interface Outage {
  begin(): Promise<void>;
  end(): Promise<void>;
}

export interface AppendFault {
  /** For the title of the test: `the reply is lost`. */
  readonly name: string;
  /** From now on appends of `store` end in this way. */
  begin(): Promise<void>;
  /** Appends pass again. */
  end(): Promise<void>;
}

export interface Tamper {
  /** The stream reads as if it had never been; the engine may go on counting its revisions. */
  softDelete(stream: string): Promise<void>;
  /** The stream is gone for ever. */
  tombstone(stream: string): Promise<void>;
  /** The events before this revision are gone from the stream. */
  truncate(stream: string, before: bigint): Promise<void>;
}
