import type { EventStore } from '../../../services/event-store/domain/event-store.ts';

/** A store under test, and what can be done to it behind the port. */
export interface Engine {
  readonly name: string;
  /** Opens a store on an empty log whose positions stride at random or by a fixed number. Closed by `close`. */
  open(): Promise<OpenEngine>;
}

export interface OpenEngine {
  readonly store: EventStore;
  /** A second client of the same log, as another process would have; undefined where the engine lives in one process. */
  readonly second: EventStore | undefined;
  close(): Promise<void>;
}
