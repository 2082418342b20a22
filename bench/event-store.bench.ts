import { randomUUID } from 'node:crypto';
import { EventStoreDBClient, FORWARDS, jsonEvent, START } from '@eventstore/db-client';
import { EventStoreDbEventStore } from '../services/event-store/adapters/eventstoredb/eventstoredb.event-store.ts';
import { PostgresEventStore } from '../services/event-store/adapters/postgres/postgres.event-store.ts';
import { canonicalJson } from '../services/event-store/domain/canonical-json.ts';
import type { AppendRequest, EventStore } from '../services/event-store/domain/event-store.ts';
import { type BenchContext, percentile } from './report.ts';
import { measureAppends, measureHotStream } from './support/append-load.ts';
import { callers, measureBare, rounds } from './support/bare-append.ts';
import { openEmmett } from './support/emmett.ts';
import { startDouble } from './support/eventstoredb-double.ts';
import { createDatabase } from './support/fresh-database.ts';
import { measureAtSize } from './support/growing-load.ts';
import { measureRead } from './support/read-load.ts';
import { startThrowawayPostgres } from './support/throwaway-postgres.ts';

const readEvents = 100_000;
const flatEvents = 10_000_000;
const storeSizes = [500, 5_000, 50_000];
const mebibyte = 1_048_576;

/**
 * The store alone, by engine. Baselines: for Postgres the bare `append_events` called back to back with flushes of the same size; for
 * Emmett our own figure on the same server; for EventStoreDB, which is its wire double in a process of its own, the bare client with the
 * same callers. Option `flat`: reads 10 M events and reports by how many MiB the process grew after the first million. Option `scale`: appends
 * to, and reads of, single accounts in stores of 500, 5,000 and 50,000; the baseline is the smallest store's.
 */
export async function run({ report, options }: BenchContext): Promise<void> {
  const server = await startThrowawayPostgres();
  try {
    if (options.includes('flat')) return await flat(server.url, report);
    if (options.includes('scale')) return await scale(server.url, report);
    for (const eventsPerAppend of [1, 10]) await postgresAndEmmett(server.url, eventsPerAppend, report);
    await postgresAlone(server.url, report);
  } finally {
    await server.stop();
  }
  for (const eventsPerAppend of [1, 10]) await eventStoreDb(eventsPerAppend, report);
  await eventStoreDbReads(report);
}

type Report = BenchContext['report'];

async function postgresAndEmmett(serverUrl: string, eventsPerAppend: number, report: Report): Promise<void> {
  const database = await createDatabase(serverUrl);
  const peerDatabase = await createDatabase(serverUrl, { migrated: false });
  const [bare, ours, theirs]: [number[], number[], number[]] = [[], [], []];
  const [latencies, peerLatencies]: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds; round++) {
    bare.push(await measureBare(database.serviceUrl, { eventsPerAppend, name: `b${round}` }));
    const store = new PostgresEventStore({ url: database.serviceUrl });
    await store.ready();
    ours.push(await measureAppends((request) => store.append(request), { eventsPerAppend, name: `s${round}`, latencies }));
    await store.dispose();
    const peer = await openEmmett(peerDatabase.ownerUrl);
    theirs.push(await measureAppends(peer.append, { eventsPerAppend, name: `e${round}`, latencies: peerLatencies }));
    await peer.close();
  }
  const own = percentile(ours, 0.5);
  const variant = `${callers}x${eventsPerAppend}`;
  report({ name: `event-store.postgres.${variant}`, ...figureOf(own, latencies), baseline: percentile(bare, 0.5) });
  report({ name: `event-store.emmett.${variant}`, ...figureOf(percentile(theirs, 0.5), peerLatencies), baseline: own });
  await peerDatabase.drop();
  await database.drop();
}

/** One hot stream, and reading the whole log. */
async function postgresAlone(serverUrl: string, report: Report): Promise<void> {
  const database = await createDatabase(serverUrl);
  const store = new PostgresEventStore({ url: database.serviceUrl });
  const [bare, hot, read]: [number[], number[], number[]] = [[], [], []];
  for (let round = 0; round < rounds; round++) {
    bare.push(await measureBare(database.serviceUrl, { eventsPerAppend: 1, name: `b${round}` }));
    hot.push(await measureHotStream(store, `hot${round}`));
  }
  await fill(store, readEvents);
  for (let round = 0; round < rounds; round++) read.push(await measureRead(store.readAll(), readEvents));
  report({ name: 'event-store.postgres.hot', figure: percentile(hot, 0.5), unit: 'events/s', baseline: percentile(bare, 0.5) });
  report({ name: 'event-store.postgres.read', figure: percentile(read, 0.5), unit: 'events/s' });
  await store.dispose();
  await database.drop();
}

async function eventStoreDb(eventsPerAppend: number, report: Report): Promise<void> {
  const double = await startDouble();
  const client = EventStoreDBClient.connectionString(double.url);
  const store = new EventStoreDbEventStore({ url: double.url });
  await store.ready();
  const [bare, ours, latencies]: [number[], number[], number[]] = [[], [], []];
  for (let round = 0; round < rounds; round++) {
    bare.push(await measureAppends((request) => appendBare(client, request), { eventsPerAppend, name: `b${round}`, latencies: [] }));
    ours.push(await measureAppends((request) => store.append(request), { eventsPerAppend, name: `s${round}`, latencies }));
  }
  const figure = figureOf(percentile(ours, 0.5), latencies);
  report({ name: `event-store.eventstoredb.${callers}x${eventsPerAppend}`, ...figure, baseline: percentile(bare, 0.5) });
  await store.dispose();
  await client.dispose();
  await double.stop();
}

async function eventStoreDbReads(report: Report): Promise<void> {
  const double = await startDouble();
  const client = EventStoreDBClient.connectionString(double.url);
  const store = new EventStoreDbEventStore({ url: double.url });
  await fill(store, readEvents);
  const [bare, ours]: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds; round++) {
    bare.push(await measureRead(client.readAll({ direction: FORWARDS, fromPosition: START }), readEvents));
    ours.push(await measureRead(store.readAll(), readEvents));
  }
  report({ name: 'event-store.eventstoredb.read', figure: percentile(ours, 0.5), unit: 'events/s', baseline: percentile(bare, 0.5) });
  await store.dispose();
  await client.dispose();
  await double.stop();
}

/** Walks one log again and again: what a reader keeps of each event would show, whatever the log's length. */
async function flat(serverUrl: string, report: Report): Promise<void> {
  const database = await createDatabase(serverUrl);
  const store = new PostgresEventStore({ url: database.serviceUrl });
  await fill(store, readEvents);
  const sizes: number[] = [];
  for (let read = 0; read < flatEvents; read += readEvents) {
    await measureRead(store.readAll(), readEvents);
    if (read + readEvents >= flatEvents / 10) sizes.push(process.memoryUsage.rss());
  }
  const [first = 0] = sizes;
  report({ name: 'event-store.postgres.flat', figure: (Math.max(...sizes) - first) / mebibyte, unit: 'MiB', baseline: first / mebibyte });
  await store.dispose();
  await database.drop();
}

/** [K9] Does a store slow down as it fills? The first pass is for the compiler. */
async function scale(serverUrl: string, report: Report): Promise<void> {
  let smallest: { appends: number; readMs: number } | undefined;
  for (const [pass, accounts] of [500, ...storeSizes].entries()) {
    const database = await createDatabase(serverUrl);
    const store = new PostgresEventStore({ url: database.serviceUrl });
    const { appendsPerSecond, appendMs, readMs } = await measureAtSize(store, accounts);
    await store.dispose();
    await database.drop();
    if (pass === 0) continue;
    const read = percentile(readMs, 0.95);
    smallest ??= { appends: appendsPerSecond, readMs: read };
    const name = `event-store.postgres.accounts-${accounts}`;
    report({ name, ...figureOf(appendsPerSecond, appendMs), baseline: smallest.appends });
    report({ name: `${name}.read-p95`, figure: read, unit: 'ms', baseline: smallest.readMs });
  }
}

async function fill(store: EventStore, count: number): Promise<void> {
  const eventsPerAppend = 100;
  const text = { data: canonicalJson({ fin: { amount: '12.34' } }), metadata: canonicalJson({ body: {} }) };
  await Promise.all(
    Array.from({ length: 10 }, async (_, writer) => {
      for (let index = 0; index < count / eventsPerAppend / 10; index++) {
        const events = Array.from({ length: eventsPerAppend }, () => ({ id: randomUUID(), type: 'AccountCharged/1', ...text }));
        await store.append({ stream: `fill.account-${writer}-${index}`, expected: 'no_stream', events });
      }
    }),
  );
}

function appendBare(client: EventStoreDBClient, { stream, expected, events }: AppendRequest): Promise<unknown> {
  const sent = events.map(({ id, type, data, metadata = '{}' }) =>
    jsonEvent({ id, type, data: JSON.parse(data) as Record<string, unknown>, metadata: JSON.parse(metadata) as Record<string, unknown> }),
  );
  return client.appendToStream(stream, sent, { expectedRevision: expected });
}

function figureOf(figure: number, latencies: readonly number[]) {
  return { figure, unit: 'events/s', p50: percentile(latencies, 0.5), p99: percentile(latencies, 0.99) };
}
