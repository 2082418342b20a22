import type { Json } from '../../event-store/domain/canonical-json.ts';
import type { EventTypes } from '../../event-store/domain/event-types.ts';

/** An event as a decider writes it: the type with its version, and the financial payload. */
export interface DomainEvent {
  readonly type: string;
  readonly data: object;
}

/** An event at its place in the stream: what `evolve` is given, live and on replay alike. */
export interface Placed<Event extends DomainEvent> {
  readonly event: Event;
  readonly id: string;
  readonly revision: bigint;
}

/** Everything the executor must know about a kind of aggregate. Pure and synchronous. */
export interface Aggregate<State, Event extends DomainEvent> {
  readonly initial: State;
  /** Total: takes every one of its events in every state, and never validates. */
  readonly evolve: (state: State, placed: Placed<Event>) => State;
  /**
   * Raised with every change of `evolve`, `initial` or the state's shape that makes something else of the same events: a snapshot of
   * another version is not read. Absent for streams that stay short, which have no snapshots.
   */
  readonly version?: number;
  /** The events that may stand in such a stream; any other is refused before `evolve` (promise 70). */
  readonly events: EventTypes<Event>;
}

/** The payload of an event is made of strings, booleans, arrays and objects; `canonicalJson` checks it when it is sealed. */
export function payloadOf(event: DomainEvent): Json {
  return event.data as Json;
}
