import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Pool } from 'pg';
import { PostgresEventStore } from '../services/event-store/adapters/postgres/postgres.event-store.ts';
import { PemKeyring } from '../services/integrity/adapters/keys/pem-keyring.ts';
import { AdvisoryLock } from '../services/integrity/adapters/postgres/advisory-lock.ts';
import { PostgresHeadStore } from '../services/integrity/adapters/postgres/postgres.head-store.ts';
import { PostgresLeafStore } from '../services/integrity/adapters/postgres/postgres.leaf-store.ts';
import { OpenLog } from '../services/integrity/application/open-log.ts';
import type { ProviderLog } from '../services/integrity/application/provider-logs.ts';
import { Sequencer } from '../services/integrity/application/sequencer.ts';
import { sealEvent, zeroHash } from '../services/integrity/domain/leaf.ts';
import { createPool } from '../services/read-store/pool.ts';
import { type BenchContext, percentile } from './report.ts';
import { createDatabase } from './support/fresh-database.ts';
import { startThrowawayPostgres } from './support/throwaway-postgres.ts';

const slug = 'bench';
const eventsPerStream = 50;
const batchSize = 2000;
const rounds = 3;
const clock = { now: () => new Date().toISOString() };

/**
 * A prefilled store becomes a log: leaf, tree, tiles, signed heads. Against the bare insert of the same leaf rows, in batches of the same size
 * and with the same commits, into the same kind of table. Option: how many events (100,000).
 */
export async function run({ report, options }: BenchContext): Promise<void> {
  const events = Number(options[0] ?? 100_000);
  const server = await startThrowawayPostgres();
  const keys = mkdtempSync(join(tmpdir(), 'tallyroot-bench-'));
  try {
    const database = await createDatabase(server.url);
    const store = new PostgresEventStore({ url: database.serviceUrl });
    const pool = createPool({ url: database.serviceUrl });
    const keyring = new PemKeyring({ folder: keys });
    const log = await new OpenLog({ store, keyring, clock, chains: () => Promise.resolve([]) }).openLog({ slug, chains: [] });
    await prefill(store, log, events);
    const sequenced: number[] = [];
    const bare: number[] = [];
    for (let round = 0; round < rounds; round++) {
      sequenced.push(await measureSequencer({ store, pool, keyring, log, events }));
      bare.push(await measureBare(pool));
    }
    report({ name: 'sequencer', figure: percentile(sequenced, 0.5), unit: 'events/s', baseline: percentile(bare, 0.5) });
    await store.dispose();
    await pool.end();
  } finally {
    rmSync(keys, { recursive: true });
    await server.stop();
  }
}

/** Events of the size and the form of a charge. */
async function prefill(store: PostgresEventStore, { origin }: ProviderLog, count: number): Promise<void> {
  const appends: (() => Promise<unknown>)[] = [];
  for (let first = 0; first < count; first += eventsPerStream) {
    const stream = `${slug}.account-acc_${randomUUID()}`;
    let previous = zeroHash;
    const events = Array.from({ length: eventsPerStream }, (_, index) => {
      const id = randomUUID();
      const type = 'ChargePosted/1';
      const sealed = sealEvent({ ...{ origin, stream, revision: BigInt(index), id, type, previous }, ...chargeOf(stream, id) });
      previous = sealed.leaf.hash;
      return { id, type, data: sealed.data, metadata: sealed.metadata };
    });
    appends.push(() => store.append({ stream, expected: 'no_stream', events }));
  }
  const worker = async () => {
    for (let append = appends.pop(); append !== undefined; append = appends.pop()) await append();
  };
  await Promise.all(Array.from({ length: 64 }, worker));
}

function chargeOf(account: string, id: string) {
  const posting = (side: string, direction: string) => ({ account: side, amount: '12.345678', currency: 'EUR', direction });
  return {
    fin: {
      ...{ account, amount: '12.345678', currency: 'EUR', product: 'voice-day', source: 'invoice' },
      ...{ description: 'Day minutes', effectiveAt: clock.now() },
      postings: [posting(`asset:unbilled:${account}`, 'debit'), posting('revenue:voice-day', 'credit')],
    },
    body: { actor: { id: 'bench', type: 'process' }, command: id, correlation: id, fingerprint: randomBytes(32).toString('hex') },
    at: clock.now(),
    payloadSalt: randomBytes(32).toString('hex'),
    metadataSalt: randomBytes(32).toString('hex'),
  };
}

interface Setting {
  readonly store: PostgresEventStore;
  readonly pool: Pool;
  readonly keyring: PemKeyring;
  readonly log: ProviderLog;
  readonly events: number;
}

/** Events a second from an empty log until a signed head covers all of them. */
async function measureSequencer({ store, pool, keyring, log, events }: Setting): Promise<number> {
  await pool.query('truncate integrity_leaf, integrity_tile, integrity_tree, integrity_head');
  await pool.query('checkpoint').catch(() => undefined); // Not every role may; it only makes rounds alike.
  const heads = new PostgresHeadStore(pool);
  const options = { store, leaves: new PostgresLeafStore(pool), heads, lock: new AdvisoryLock(pool), keyring, batchSizeMax: batchSize };
  const sequencer = new Sequencer(log, options);
  const begun = performance.now();
  sequencer.start();
  while (((await heads.published(slug))?.size ?? 0n) <= BigInt(events)) await new Promise((resolve) => setTimeout(resolve, 10));
  const seconds = (performance.now() - begun) / 1000;
  await sequencer.stop();
  return events / seconds;
}

/** The statement alone, with its parameters ready. */
async function measureBare(pool: Pool): Promise<number> {
  const client = await pool.connect();
  try {
    await client.query('drop table if exists bare_leaf; create table bare_leaf (like integrity_leaf including all)');
    const { rows } = await client.query<Record<string, unknown>>('select * from integrity_leaf order by leaf_index');
    const batches: unknown[][] = [];
    for (let from = 0; from < rows.length; from += batchSize) {
      const batch = rows.slice(from, from + batchSize);
      const column = (name: string) => batch.map((row) => row[name]);
      batches.push([
        ...['leaf_index', 'store_position', 'stream', 'revision', 'event_id'].map(column),
        Buffer.concat(column('leaf_hash') as Buffer[]),
        column('entry').join('\n'),
      ]);
    }
    const begun = performance.now();
    for (const values of batches) {
      await client.query('begin');
      await client.query('set local synchronous_commit = off');
      await client.query({ name: 'bare-leaves', text: insertBare, values });
      await client.query('commit');
    }
    return rows.length / ((performance.now() - begun) / 1000);
  } finally {
    client.release(true);
  }
}

const insertBare = `
  insert into bare_leaf (log, leaf_index, store_position, stream, revision, event_id, leaf_hash, entry)
  select '${slug}', leaf_index, store_position, stream, revision, event_id, substring($6::bytea from (place::int - 1) * 32 + 1 for 32), entry
  from unnest($1::bigint[], $2::bigint[], $3::text[], $4::bigint[], $5::uuid[], string_to_array($7::text, E'\\n'))
    with ordinality as leaf (leaf_index, store_position, stream, revision, event_id, entry, place)`;
