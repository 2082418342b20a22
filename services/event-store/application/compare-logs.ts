import type { EventStore, StoredEvent } from '../domain/event-store.ts';

/** Two stores do not hold the same log. */
export class LogsDifferFault extends Error {
  override readonly name = 'LogsDifferFault';
  readonly retryable = false;
}

export interface LogPair {
  readonly source: EventStore;
  readonly target: EventStore;
}

/** What two stores have in common, event by event from the first one on. */
export interface CommonPart {
  /** Events of the source that the target does not hold yet; the rest of the source's log, to be read on. */
  readonly rest: AsyncIterator<StoredEvent>;
  readonly events: number;
}

/**
 * Walks both logs to the end of the target, which must hold nothing but what the source holds there: the same events in the same order, to
 * the byte. Positions and the stores' own clocks are their own. Throws `LogsDifferFault`.
 */
export async function passCommonPart(
  { source, target }: LogPair,
  passed: (here: StoredEvent, there: StoredEvent) => void,
): Promise<CommonPart> {
  const rest = source.readAll()[Symbol.asyncIterator]();
  let events = 0;
  for await (const there of target.readAll()) {
    const next = await rest.next();
    if (next.done === true)
      throw new LogsDifferFault(`The source ends after ${events} events, but the target goes on with ${placeOf(there)}.`);
    const difference = differenceOf(next.value, there);
    if (difference !== undefined) {
      throw new LogsDifferFault(
        `Event ${events + 1} is ${placeOf(next.value)} in the source and ${placeOf(there)} in the target: another ${difference}. They are not copies of one log.`,
      );
    }
    events++;
    passed(next.value, there);
  }
  return { rest, events };
}

const parts = ['stream', 'revision', 'id', 'type', 'data', 'metadata'] as const;

function differenceOf(here: StoredEvent, there: StoredEvent): (typeof parts)[number] | undefined {
  return parts.find((part) => here[part] !== there[part]);
}

export function placeOf({ stream, revision, type }: Pick<StoredEvent, 'stream' | 'revision' | 'type'>): string {
  return `${type} at ${stream}@${revision}`;
}
