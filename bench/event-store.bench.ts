import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { PostgresEventStore } from '../services/event-store/adapters/postgres/postgres.event-store.ts';
import { canonicalJson } from '../services/event-store/domain/canonical-json.ts';
import type { AppendRequest, Expectation, ProposedEvent } from '../services/event-store/domain/event-store.ts';
import { type BenchContext, percentile } from './report.ts';
import { createDatabase } from './support/fresh-database.ts';
import { startThrowawayPostgres } from './support/throwaway-postgres.ts';

const callers = 64;
const streamsPerCaller = 150;
const roundMs = 3000;
const rounds = 3;
/** As large as a charge with its postings, and as the metadata of a sealed event. */
const data = canonicalJson({ fin: { amount: '12.345678', note: 'x'.repeat(270) } });
const metadata = canonicalJson({
  at: '2024-05-01T00:00:00.000Z',
  body: { command: randomUUID() },
  ms: '0'.repeat(64),
  prev: '0'.repeat(64),
  ps: '0'.repeat(64),
});

/** The store alone, 64 callers, against the bare `append_events` called back to back with flushes of the same size. */
export async function run({ report }: BenchContext): Promise<void> {
  const server = await startThrowawayPostgres();
  try {
    for (const eventsPerAppend of [1, 10]) {
      const database = await createDatabase(server.url);
      const bare: number[] = [];
      const store: number[] = [];
      const latencies: number[] = [];
      for (let round = 0; round < rounds; round++) {
        bare.push(await measureBare(database.serviceUrl, { eventsPerAppend, name: `b${round}` }));
        store.push(await measureStore(database.serviceUrl, { eventsPerAppend, name: `s${round}`, latencies }));
      }
      const unit = eventsPerAppend === 1 ? 'appends/s' : 'events/s';
      report({
        name: `event-store.postgres.${callers}x${eventsPerAppend}`,
        figure: percentile(store, 0.5),
        unit,
        p50: percentile(latencies, 0.5),
        p99: percentile(latencies, 0.99),
        baseline: percentile(bare, 0.5),
      });
      await database.drop();
    }
  } finally {
    await server.stop();
  }
}

interface Round {
  readonly eventsPerAppend: number;
  readonly name: string;
}

/** Events per second of the plain function through the plain driver: one connection, the next flush when the last has returned. */
async function measureBare(url: string, { eventsPerAppend, name }: Round): Promise<number> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const sources = Array.from({ length: callers }, (_, caller) => requestsOf({ eventsPerAppend, name }, caller));
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

/** Events per second of the store with 64 callers that each wait for their answer. */
async function measureStore(url: string, { eventsPerAppend, name, latencies }: Round & { latencies: number[] }): Promise<number> {
  const store = new PostgresEventStore({ url });
  await store.ready();
  let events = 0;
  const began = performance.now();
  const call = async (caller: number) => {
    const next = requestsOf({ eventsPerAppend, name }, caller);
    for (let sent = performance.now(); sent - began < roundMs; sent = performance.now()) {
      await store.append(next());
      latencies.push(performance.now() - sent);
      events += eventsPerAppend;
    }
  };
  await Promise.all(Array.from({ length: callers }, (_, caller) => call(caller)));
  const seconds = (performance.now() - began) / 1000;
  await store.dispose();
  return events / seconds;
}

/** Appends to the caller's own streams in turn, each at the revision that the last one left. */
function requestsOf({ eventsPerAppend, name }: Round, caller: number): () => AppendRequest {
  let index = 0;
  return () => {
    const lap = Math.floor(index / streamsPerCaller);
    const expected: Expectation = lap === 0 ? 'no_stream' : BigInt(lap * eventsPerAppend - 1);
    const stream = `bench.account-${name}-${caller}-${index++ % streamsPerCaller}`;
    return { stream, expected, events: Array.from({ length: eventsPerAppend }, eventOf) };
  };
}

function eventOf(): ProposedEvent {
  return { id: randomUUID(), type: 'AccountCharged/1', data, metadata };
}
