import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { type CanonicalJson, canonicalJson } from '../../services/event-store/domain/canonical-json.ts';
import type { AppendRequest, Expectation, ProposedEvent } from '../../services/event-store/domain/event-store.ts';

/** How many callers wait for an answer at the same time, in every bench that appends. */
export const callers = 64;
const streamsPerCaller = 150;
/** How long one round of a measurement takes. */
export const roundMs = 3000;
/** Rounds of the figure and of its limit alternate; the median counts. */
export const rounds = 3;
export const smallCharge: EventText = {
  data: canonicalJson({ fin: { amount: '12.345678', note: 'x'.repeat(270) } }),
  metadata: canonicalJson({
    at: '2024-05-01T00:00:00.000Z',
    body: { command: randomUUID() },
    ms: '0'.repeat(64),
    prev: '0'.repeat(64),
    ps: '0'.repeat(64),
  }),
};

/** What an event of a bench holds. */
export interface EventText {
  readonly data: CanonicalJson;
  readonly metadata: CanonicalJson;
}

export interface Round {
  readonly eventsPerAppend: number;
  readonly name: string;
  /** As large as a small charge when absent. */
  readonly text?: EventText;
}

/** Events per second of the plain function through the plain driver: one connection, the next flush when the last has returned. */
export async function measureBare(url: string, { eventsPerAppend, name, text = smallCharge }: Round): Promise<number> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const sources = Array.from({ length: callers }, (_, caller) => requestsOf({ eventsPerAppend, name, text }, caller));
  let events = 0;
  const began = performance.now();
  while (performance.now() - began < roundMs) {
    const requests = sources.map((next) => next());
    const proposed = requests.flatMap((request, index) => request.events.map((event) => ({ ...event, command: index + 1 })));
    await client.query({
      name: 'bare',
      text: 'select * from event_store.append_events($1, $2, $3, $4, $5, $6, $7)',
      values: [
        requests.map(({ stream }) => stream),
        requests.map(({ expected }) => (expected === 'no_stream' ? -1n : expected)),
        proposed.map(({ command }) => command),
        proposed.map(({ id }) => id),
        proposed.map(({ type }) => type),
        proposed.map((event) => event.data),
        proposed.map((event) => event.metadata),
      ],
    });
    events += proposed.length;
  }
  const seconds = (performance.now() - began) / 1000;
  await client.end();
  return events / seconds;
}

/** Appends to the caller's own streams in turn, each at the revision that the last one left. */
export function requestsOf({ eventsPerAppend, name, text = smallCharge }: Round, caller: number): () => AppendRequest {
  let index = 0;
  return () => {
    const lap = Math.floor(index / streamsPerCaller);
    const expected: Expectation = lap === 0 ? 'no_stream' : BigInt(lap * eventsPerAppend - 1);
    const stream = `bench.account-${name}-${caller}-${index++ % streamsPerCaller}`;
    return { stream, expected, events: Array.from({ length: eventsPerAppend }, () => eventOf(text)) };
  };
}

function eventOf({ data, metadata }: EventText): ProposedEvent {
  return { id: randomUUID(), type: 'AccountCharged/1', data, metadata };
}
