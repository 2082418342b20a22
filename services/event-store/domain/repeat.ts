import type { Appended, Expectation } from './event-store.ts';
import { ConflictFault } from './faults.ts';

/** What the stream holds where the request wanted to write: one element per revision from expected + 1 on, as far as there are any. */
export interface StoredPlace {
  readonly id: string;
  readonly position: bigint;
}

/** What the rule reads of a request; the events' contents never matter. */
export interface RepeatableRequest {
  readonly stream: string;
  readonly expected: Expectation;
  readonly events: readonly { readonly id: string }[];
}

/** Revision of the last event that an expectation speaks of; -1 for a new stream. */
export function revisionOf(expected: Expectation): bigint {
  return expected === 'no_stream' ? -1n : expected;
}

export function expectationOf(revision: bigint): Expectation {
  return revision < 0n ? 'no_stream' : revision;
}

/**
 * The answer to a request whose expectation is not the stream's revision (promises 6 to 14). The same ids in the same order at the
 * same place were written by an earlier attempt: it succeeds with that attempt's revision and position, for ever. Only ids count,
 * and a shorter repeat is one too. Anything else throws `ConflictFault`.
 */
export function answerRepeat(request: RepeatableRequest, { actual, places }: { actual: bigint; places: readonly StoredPlace[] }): Appended {
  const { stream, expected, events } = request;
  const isRepeat = events.every((event, index) => places[index]?.id === event.id);
  const last = places[events.length - 1];
  if (!isRepeat || last === undefined) throw new ConflictFault(stream, expected, expectationOf(actual));
  return { revision: revisionOf(expected) + BigInt(events.length), position: last.position, fresh: false };
}
