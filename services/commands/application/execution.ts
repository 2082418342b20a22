import type { Aggregate, DomainEvent } from '../domain/aggregate.ts';
import type { Decision, Rejection } from '../domain/decision.ts';
import type { Envelope } from './envelope.ts';

/** One command on one aggregate. `decide` is pure: the command and its context are closed over. */
export interface Execution<State, Event extends DomainEvent, Rejected extends Rejection> {
  readonly aggregate: Aggregate<State, Event>;
  readonly stream: string;
  readonly envelope: Envelope;
  /** `now` is the time of the decision; it becomes the events' `at`. */
  readonly decide: (state: State, now: string) => Decision<Event, Rejected>;
  /**
   * For events with personal data: keeps the data durably under the event's id and answers the commitments that go into the log instead.
   * Called before each append and so again for the same id; it keeps what was kept first, and answers `other_data` when that is not the same.
   */
  readonly keepPersonalData?: (event: Event, id: string) => Promise<PersonalCommitments | 'other_data' | undefined>;
}

/** By subject, 64 hex each. */
export type PersonalCommitments = Readonly<Record<string, string>>;
