import type { EventStore, Expectation } from '../../../services/event-store/domain/event-store.ts';
import { ConflictFault } from '../../../services/event-store/domain/faults.ts';
import { numberedEvents } from './numbered-appends.ts';

/** Appends one event behind whatever others appended first, and answers its revision. */
export async function appendWithRetry(store: EventStore, stream: string): Promise<bigint> {
  const events = numberedEvents(`${stream} ${process.pid} ${racers++}`, 1);
  for (let expected: Expectation = 'no_stream'; ;) {
    try {
      return (await store.append({ stream, expected, events })).revision;
    } catch (error) {
      if (!(error instanceof ConflictFault)) throw error;
      expected = error.actual;
    }
  }
}

let racers = 0;
