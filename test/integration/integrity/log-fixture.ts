import { hash, randomUUID } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { PostgresEventStore } from '../../../services/event-store/adapters/postgres/postgres.event-store.ts';
import type { StoredEvent } from '../../../services/event-store/domain/event-store.ts';
import { PemKeyring } from '../../../services/integrity/adapters/keys/pem-keyring.ts';
import { AdvisoryLock } from '../../../services/integrity/adapters/postgres/advisory-lock.ts';
import { PostgresHeadStore } from '../../../services/integrity/adapters/postgres/postgres.head-store.ts';
import { PostgresLeafStore } from '../../../services/integrity/adapters/postgres/postgres.leaf-store.ts';
import { LogQuery } from '../../../services/integrity/application/log-query.ts';
import { OpenLog } from '../../../services/integrity/application/open-log.ts';
import { Sequencer, type SequencerOptions } from '../../../services/integrity/application/sequencer.ts';
import { leafOf, sealEvent, zeroHash } from '../../../services/integrity/domain/leaf.ts';
import { SmallTree } from '../../../services/integrity/domain/tree/small-tree.ts';
import { createPool } from '../../../services/read-store/pool.ts';
import { freshDatabase } from '../../support/postgres.ts';

export const at = '2026-01-02T03:04:05.678Z';
const clock = { now: () => at };

/** A provider's log on a database of its own, with what a sequencer needs. */
export async function openFixture() {
  const database = await freshDatabase();
  const openStore = () => new PostgresEventStore({ url: database.serviceUrl, pollMs: 20 });
  const store = openStore();
  const pool = createPool({ url: database.serviceUrl });
  const keysFolder = mkdtempSync(join(tmpdir(), 'tallyroot-keys-'));
  const keyring = new PemKeyring({ folder: keysFolder });
  const opener = new OpenLog({ store, keyring, clock, chains: async () => [] });
  const leaves = new PostgresLeafStore(pool);
  const heads = new PostgresHeadStore(pool);
  const log = await opener.openLog({ slug: 'north', chains: [] });
  const owner = new pg.Client({ connectionString: database.ownerUrl });
  await owner.connect();
  const fixture = {
    ...{ database, store, pool, keysFolder, keyring, opener, leaves, heads, log, owner },
    query: new LogQuery(leaves, heads),
    sequencer: (options: Partial<SequencerOptions> = {}) =>
      new Sequencer(log, { store: fixture.store, leaves, heads, lock: new AdvisoryLock(pool), keyring, headIntervalMsMin: 5, ...options }),
    async reopenStore() {
      await fixture.store.dispose();
      fixture.store = openStore();
    },
    async close() {
      await fixture.store.dispose();
      await pool.end();
      await owner.end();
      await database.drop();
    },
  };
  return fixture;
}

export type Fixture = Awaited<ReturnType<typeof openFixture>>;

/** Appends `count` sealed events to a stream, the next ones after what stands there. */
export async function appendCharges({ store, log }: Pick<Fixture, 'store' | 'log'>, stream: string, count: number): Promise<void> {
  const standing = await eventsOf(store, stream);
  let previous = standing.length === 0 ? zeroHash : leafOf(log.origin, standing.at(-1) as StoredEvent).hash;
  const events = Array.from({ length: count }, (_, index) => {
    const id = randomUUID();
    const type = 'ChargePosted/1';
    const revision = BigInt(standing.length + index);
    const salts = { payloadSalt: hash('sha256', `p${id}`, 'hex'), metadataSalt: hash('sha256', `m${id}`, 'hex') };
    const body = { actor: { id: 'test', type: 'process' }, command: id, correlation: id, fingerprint: id };
    const sealed = sealEvent({ origin: log.origin, stream, revision, id, type, fin: { amount: '1.00' }, body, at, previous, ...salts });
    previous = sealed.leaf.hash;
    return { id, type, data: sealed.data, metadata: sealed.metadata };
  });
  await store.append({ stream, expected: standing.length === 0 ? 'no_stream' : BigInt(standing.length - 1), events });
}

async function eventsOf(store: PostgresEventStore, stream: string): Promise<StoredEvent[]> {
  const events: StoredEvent[] = [];
  for await (const event of store.readAll({ filter: { streamPrefixes: [stream] } })) if (event.stream === stream) events.push(event);
  return events;
}

/** Writes an event as somebody does who has the database and not the port. */
export async function insertBehindPort(
  owner: pg.Client,
  event: Partial<Record<'stream' | 'id' | 'type' | 'data', string>> & { metadata?: string | null; revision?: number },
) {
  await owner.query('begin');
  const { rows } = await owner.query<{ position: string }>(
    'update event_store.event_log_head set position_last = position_last + stride returning position_last as position',
  );
  await owner.query(
    `insert into event_store.event_log (position, stream, revision, event_id, event_type, data, metadata) values ($1, $2, $3, $4, $5, $6, $7)`,
    [
      rows[0]?.position,
      event.stream ?? 'north.bad-1',
      event.revision ?? 0,
      event.id ?? randomUUID(),
      event.type ?? 'Bad/1',
      event.data ?? '{}',
      event.metadata ?? null,
    ],
  );
  await owner.query('commit');
}

/** The tree by the definition: leaf hashes of everything under the prefix, in order. */
export async function derive({ store, log }: Pick<Fixture, 'store' | 'log'>): Promise<{ size: bigint; root: Buffer }> {
  const hashes: Buffer[] = [];
  for await (const event of store.readAll({ filter: { streamPrefixes: ['north.'] } }))
    hashes.push(Buffer.from(leafOf(log.origin, event).hash, 'hex'));
  const tree = new SmallTree(hashes);
  return { size: BigInt(tree.size), root: tree.root() };
}

export async function until<T>(read: () => Promise<T | undefined> | T | undefined, deadlineMs = 60_000): Promise<T> {
  const deadline = performance.now() + deadlineMs;
  for (;;) {
    const value = await read();
    if (value !== undefined) return value;
    if (performance.now() > deadline) throw new Error(`Nothing came in ${deadlineMs} ms.`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Waits until the published head covers the store as it is now, and answers it. */
export async function untilSigned(fixture: Fixture) {
  const { size } = await derive(fixture);
  return until(async () => {
    const head = await fixture.heads.published('north');
    return head?.size === size ? head : undefined;
  });
}
