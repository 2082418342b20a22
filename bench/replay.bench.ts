import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { books } from '../projections/books/books.projection.ts';
import { PostgresEventStore } from '../services/event-store/adapters/postgres/postgres.event-store.ts';
import type { EventStore, ProposedEvent, StoredEvent } from '../services/event-store/domain/event-store.ts';
import { ledgerEventOf } from '../services/event-store/domain/ledger-event.ts';
import { sealEvent, zeroHash } from '../services/integrity/domain/leaf.ts';
import { eventTypes } from '../services/main/event-types.ts';
import { EventReader } from '../services/read-store/event-reader.ts';
import { createPool } from '../services/read-store/pool.ts';
import { ProjectionProgress } from '../services/read-store/projection-progress.ts';
import { ProjectionRunner } from '../services/read-store/projection-runner.ts';
import type { Projection } from '../services/read-store/projection.ts';
import { type BenchContext, percentile } from './report.ts';
import { createDatabase } from './support/fresh-database.ts';
import { startThrowawayPostgres } from './support/throwaway-postgres.ts';

const accounts = 2_000;
const chargesPerAccount = 60;
const rounds = 3;
const timeoutMs = 120_000;
const origin = 'tallyroot.local/0000000000000000/bench';

/**
 * Replays journal and balances from zero. The baseline is reading the same events as every reader has to: through the port, checked and
 * decoded. What the port alone reads, without looking into an event, is shown beside it.
 */
export async function run({ report }: BenchContext): Promise<void> {
  const server = await startThrowawayPostgres();
  const database = await createDatabase(server.url);
  const store = new PostgresEventStore({ url: database.serviceUrl });
  const pool = createPool({ url: database.serviceUrl });
  try {
    await fill(store);
    const port: number[] = [];
    const read: number[] = [];
    const replayed: number[] = [];
    for (let round = 0; round < rounds; round++) {
      port.push(await eventsPerSecond(() => readAll(store, ({ position }) => position)));
      read.push(await eventsPerSecond(() => readAll(store, ledgerEventOf)));
      replayed.push(await eventsPerSecond(() => replay(store, pool, [books])));
    }
    report({ name: 'replay', figure: percentile(replayed, 0.5), unit: 'events/s', baseline: percentile(read, 0.5) });
    report({ name: 'replay.port', figure: percentile(port, 0.5), unit: 'events/s' });
  } finally {
    await store.dispose();
    await pool.end();
    await server.stop();
  }
}

async function eventsPerSecond(work: () => Promise<void>): Promise<number> {
  const began = performance.now();
  await work();
  return (accounts * chargesPerAccount * 1000) / (performance.now() - began);
}

async function readAll(store: EventStore, read: (event: StoredEvent) => unknown): Promise<void> {
  let count = 0;
  for await (const event of store.readAll()) if (read(event) !== undefined) count++;
  if (count !== accounts * chargesPerAccount) throw new Error(`${count} events were read.`);
}

async function replay(eventStore: EventStore, pool: ReturnType<typeof createPool>, projections: readonly Projection[]): Promise<void> {
  const { position } = await eventStore.head();
  const progress = new ProjectionProgress(pool);
  const onHalt = (status: object) => console.error(status);
  const reader = new EventReader({ types: eventTypes });
  const runners = projections.map((projection) => new ProjectionRunner({ projection, eventStore, reader, pool, progress, onHalt }));
  await Promise.all(runners.map((runner) => runner.rebuild()));
  await Promise.all(runners.map((runner) => runner.waitFor(position, timeoutMs)));
  while (runners.some((runner) => runner.status().state !== 'live')) await sleep(1); // The indexes are part of it.
  await Promise.all(runners.map((runner) => runner.stop()));
}

/** Rated charges as the service writes them: two postings, a rating trace, sealed metadata. */
async function fill(store: EventStore): Promise<void> {
  for (let number = 0; number < accounts; number++) {
    const account = `acc_${randomUUID()}`;
    const stream = `bench.account-${account}`;
    const events = Array.from({ length: chargesPerAccount }, (_, revision) => chargeOf({ account, stream, revision }));
    await store.append({ stream, expected: 'no_stream', events });
  }
}

function chargeOf({ account, stream, revision }: { account: string; stream: string; revision: number }): ProposedEvent {
  const id = randomUUID();
  const command = randomUUID();
  const product = `voice-${['day', 'evening', 'night', 'abroad'][revision % 4]}`;
  const amount = `${revision % 40}.${String(1001 + revision)}`;
  const type = 'ChargePosted/1';
  const at = '2026-03-01T12:00:00.000Z';
  const fin = {
    account,
    amount,
    currency: 'EUR',
    description: 'Voice, 265.1 minutes',
    effectiveAt: at,
    postings: [
      { account: `liability:wallet:${account}:money`, amount, currency: 'EUR', direction: 'debit' },
      { account: `revenue:${product}`, amount, currency: 'EUR', direction: 'credit' },
    ],
    product,
    rating: {
      band: product,
      decimals: '4',
      exact: amount,
      priceBook: { revision: '0', stream: 'bench.pricebook-1' },
      quantity: '265.1',
      rate: '0.085',
      rounding: 'half-up',
      unit: 'minute',
    },
    source: 'wallet',
    usageRecord: `record-${revision}`,
  };
  const body = { actor: { id: 'key_1', type: 'api_key' }, command, correlation: command, fingerprint: zeroHash };
  const salts = { previous: zeroHash, payloadSalt: zeroHash, metadataSalt: zeroHash };
  const { data, metadata } = sealEvent({ origin, stream, revision: BigInt(revision), id, type, fin, body, at, ...salts });
  return { id, type, data, metadata };
}
