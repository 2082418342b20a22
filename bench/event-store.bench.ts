import { PostgresEventStore } from '../services/event-store/adapters/postgres/postgres.event-store.ts';
import { type BenchContext, percentile } from './report.ts';
import { callers, measureBare, requestsOf, type Round, roundMs, rounds } from './support/bare-append.ts';
import { createDatabase } from './support/fresh-database.ts';
import { startThrowawayPostgres } from './support/throwaway-postgres.ts';

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
