import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { PostgresEventStore } from '../../../services/event-store/adapters/postgres/postgres.event-store.ts';
import { type CanonicalJson, canonicalJson } from '../../../services/event-store/domain/canonical-json.ts';
import { EventTypes } from '../../../services/event-store/domain/event-types.ts';
import { StoreUnavailableFault } from '../../../services/event-store/domain/faults.ts';
import { EventReader } from '../../../services/read-store/event-reader.ts';
import type { Projection } from '../../../services/read-store/projection.ts';
import { createPool } from '../../../services/read-store/pool.ts';
import { ProjectionBehindFault, ProjectionProgress } from '../../../services/read-store/projection-progress.ts';
import { ProjectionRunner, type ProjectionStatus } from '../../../services/read-store/projection-runner.ts';
import { freshDatabase, type TestDatabase } from '../../support/postgres.ts';

const poison = 'Poisoned/1';

/** `Counted` in three versions: each says in its payload what it was made of. */
const types = new EventTypes<{ type: 'Counted/3' | 'Poisoned/1'; data: object }>({
  'Counted/3': [(fin) => ({ ...fin, second: 'from the first' }), ({ second, ...fin }) => ({ ...fin, third: second ?? 'from the second' })],
  'Poisoned/1': [],
});

/** Counts events per stream; the poison type breaks a constraint. */
function counting(overrides: Partial<Projection> = {}): Projection {
  return {
    name: 'stream-counts',
    version: 1,
    schema: `create table if not exists stream_count (stream text not null primary key, events bigint not null, constraint stream_count_is_sane check (events < 1000000))`,
    tables: ['stream_count'],
    async project(events, client) {
      for (const { stream, type } of events) {
        await client.query(
          `insert into stream_count values ($1, $2) on conflict (stream) do update set events = stream_count.events + excluded.events`,
          [stream, type === poison ? 1_000_000 : 1],
        );
      }
    },
    ...overrides,
  };
}

const timeoutMs = 60_000;
let database: TestDatabase;
let store: PostgresEventStore;
let pool: pg.Pool;
let progress: ProjectionProgress;
let halted: ProjectionStatus[];
let unknown: string[];
let reader: EventReader;
const runners: ProjectionRunner[] = [];

beforeEach(async () => {
  database = await freshDatabase();
  store = new PostgresEventStore({ url: database.serviceUrl, pollMs: 20 });
  pool = createPool({ url: database.serviceUrl });
  progress = new ProjectionProgress(pool);
  halted = [];
  unknown = [];
  reader = new EventReader({ types: [types], onUnknown: ({ type }) => void unknown.push(type) });
});
afterEach(async () => {
  for (const runner of runners.splice(0)) await runner.stop();
  await store.dispose();
  await pool.end();
  await database.drop();
});

function runnerOf(
  projection: Projection,
  overrides: { pool?: pg.Pool; progress?: ProjectionProgress; batchSizeMax?: number } = {},
): ProjectionRunner {
  const runner = new ProjectionRunner({
    projection,
    eventStore: store,
    reader,
    pool,
    progress,
    onHalt: (status) => void halted.push(status),
    standbyPollMs: 20,
    ...overrides,
  });
  runners.push(runner);
  runner.start();
  return runner;
}

function event(type = 'Counted/1', metadata = sealedMetadata) {
  return { id: randomUUID(), type, data: canonicalJson({ fin: {} }), metadata };
}
const actor = { id: 'key', type: 'api_key' };
const sealedMetadata = canonicalJson({
  at: '2024-01-01T00:00:00.000Z',
  body: { actor, command: randomUUID(), correlation: 'c', fingerprint: 'f' },
  ms: 'a'.repeat(64),
  prev: '0'.repeat(64),
  ps: 'b'.repeat(64),
});

async function append(stream: string, count: number, type?: string): Promise<bigint> {
  const events = Array.from({ length: count }, () => event(type));
  return (await store.append({ stream, expected: 'no_stream', events })).position;
}

async function counts(): Promise<Record<string, bigint>> {
  const { rows } = await pool.query<{ stream: string; events: bigint }>('select stream, events from stream_count');
  return Object.fromEntries(rows.map(({ stream, events }) => [stream, events]));
}

async function checkpoint(): Promise<bigint | undefined> {
  return (await pool.query<{ position: bigint }>('select position from projection_checkpoint')).rows[0]?.position;
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error('The condition did not come true in time.');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

describe('a projection runner', () => {
  it('applies what was there before it and what comes after it, and says when', async () => {
    await append('aa.account-1', 3);
    const runner = runnerOf(counting());
    await runner.waitFor(3n, timeoutMs);
    expect(await counts()).toEqual({ 'aa.account-1': 3n });
    const position = await append('aa.account-2', 2);
    await runner.waitFor(position, timeoutMs);
    expect(await counts()).toEqual({ 'aa.account-1': 3n, 'aa.account-2': 2n });
    expect(runner.status()).toMatchObject({ name: 'stream-counts', state: 'live', position });
  });

  it('makes the indexes when it has caught up, and then is live', async () => {
    await append('aa.account-1', 30);
    const indexes = 'create index if not exists stream_count_events on stream_count (events)';
    const slow = `${indexes}; select pg_sleep(0.2)`;
    const runner = runnerOf(counting({ indexes: slow }), { batchSizeMax: 10 });
    await runner.waitFor(30n, timeoutMs);
    expect(runner.status().state).toBe('catching_up');
    await until(() => runner.status().state === 'live');
    const { rows } = await pool.query("select indexname from pg_indexes where tablename = 'stream_count' order by 1");
    expect(rows).toEqual([{ indexname: 'stream_count_events' }, { indexname: 'stream_count_pkey' }]);
    const position = await append('aa.account-2', 1);
    await runner.waitFor(position, timeoutMs);
  });

  it('halts when an index cannot be made, although no event follows', async () => {
    await append('aa.account-1', 3);
    const runner = runnerOf(counting({ indexes: 'create index on stream_count (nothing)' }));
    await until(() => halted.length > 0);
    expect(halted[0]).toMatchObject({ state: 'halted', position: 3n });
    expect(runner.status().error?.message).toContain('nothing');
  });

  it('applies every event once that was decoded ahead, in its order', async () => {
    const streams = Array.from({ length: 40 }, (_, index) => `aa.account-${index}`);
    for (const stream of streams) await append(stream, 60);
    const seen: bigint[] = [];
    const project: Projection['project'] = async (events) => {
      for (const { position } of events) seen.push(position);
      await new Promise((resolve) => setTimeout(resolve, 2)); // The next page is decoded meanwhile.
      for (const { position } of events) if (!seen.includes(position)) throw new Error('A second walk found other events.');
    };
    const runner = runnerOf(counting({ project }), { batchSizeMax: 500 });
    await runner.waitFor(2400n, timeoutMs);
    expect(seen).toEqual(Array.from({ length: 2400 }, (_, index) => BigInt(index + 1)));
  });

  it('goes on after its checkpoint when it is started again', async () => {
    const first = runnerOf(counting());
    await first.waitFor(await append('aa.account-1', 3), timeoutMs);
    await first.stop();
    expect(first.status().state).toBe('stopped');
    const position = await append('aa.account-2', 1);
    await runnerOf(counting()).waitFor(position, timeoutMs);
    expect(await counts()).toEqual({ 'aa.account-1': 3n, 'aa.account-2': 1n });
  });

  it('passes malformed events over and moves the checkpoint past them', async () => {
    await store.append({ stream: 'aa.account-1', expected: 'no_stream', events: [event('Counted/1', '{}' as CanonicalJson), event()] });
    await runnerOf(counting()).waitFor(2n, timeoutMs);
    expect(await counts()).toEqual({ 'aa.account-1': 1n });
  });

  it('gives the projection every event in its newest version', async () => {
    const seen: object[] = [];
    const noting = counting({
      project(events) {
        for (const { type, fin } of events) seen.push({ type, fin });
        return Promise.resolve();
      },
    });
    const events = ['Counted/1', 'Counted/2', 'Counted/3'].map((type) => event(type));
    const { position } = await store.append({ stream: 'aa.account-1', expected: 'no_stream', events });
    await runnerOf(noting).waitFor(position, timeoutMs);
    expect(seen).toEqual([
      { type: 'Counted/3', fin: { third: 'from the first' } },
      { type: 'Counted/3', fin: { third: 'from the second' } },
      { type: 'Counted/3', fin: {} },
    ]);
    expect(unknown).toEqual([]);
  });

  it('70 hands over an event of a type that nobody knows, and tells of the type once', async () => {
    await append('aa.account-1', 3, 'Dreamt/1');
    await runnerOf(counting()).waitFor(await append('aa.account-2', 1), timeoutMs);
    expect(await counts()).toEqual({ 'aa.account-1': 3n, 'aa.account-2': 1n });
    expect(unknown).toEqual(['Dreamt/1']);
  });

  it('[K14] stops before a version that a newer release wrote, and goes on from there in that release', async () => {
    await append('aa.account-1', 2);
    await append('aa.account-2', 1, 'Counted/4');
    const position = await append('aa.account-3', 1);
    const older = runnerOf(counting());
    await until(() => halted.length > 0);
    expect(await counts()).toEqual({ 'aa.account-1': 2n });
    expect(older.status()).toMatchObject({ state: 'halted', position: 2n, error: { name: 'NewerEventFault' } });
    expect(older.status().error?.message).toContain('event 0 of aa.account-2 (Counted/4, position 3)');
    await older.stop();
    const upcasters = Array.from({ length: 3 }, () => (fin: object) => fin as Record<string, string>);
    reader = new EventReader({ types: [new EventTypes({ 'Counted/4': upcasters })] });
    await runnerOf(counting()).waitFor(position, timeoutMs);
    expect(await counts()).toEqual({ 'aa.account-1': 2n, 'aa.account-2': 1n, 'aa.account-3': 1n });
  });

  it('moves the checkpoint past events that the filter leaves out', async () => {
    const runner = runnerOf(counting({ filter: { streamPrefixes: ['bb.'] } }));
    const position = await append('aa.account-1', 5);
    await runner.waitFor(position, timeoutMs);
    expect(await counts()).toEqual({});
    expect(await checkpoint()).toBe(position);
  });

  it('stops at a poison event with all before it applied, and names it', async () => {
    await append('aa.account-1', 4);
    await append('aa.account-2', 1, poison);
    await append('aa.account-3', 1);
    const runner = runnerOf(counting());
    await until(() => halted.length > 0);
    expect(await counts()).toEqual({ 'aa.account-1': 4n });
    expect(runner.status()).toMatchObject({ state: 'halted', position: 4n, error: { name: 'PoisonEventDefect', position: 5n } });
    expect(await checkpoint()).toBe(4n);
    await expect(runner.waitFor(6n, 50)).rejects.toMatchObject({ name: 'ProjectionBehindFault', retryable: true });
  });

  it('leaves no rows of a batch without its checkpoint, nor a checkpoint without its rows', async () => {
    let failures = 3;
    const projection = counting({
      async project(events, client) {
        await counting().project(events, client);
        if (failures-- > 0) await client.query('select pg_terminate_backend(pg_backend_pid())'); // The connection breaks with the rows written.
      },
    });
    const position = await append('aa.account-1', 10);
    await runnerOf(projection).waitFor(position, timeoutMs);
    expect(await counts()).toEqual({ 'aa.account-1': 10n });
    expect(halted).toEqual([]);
  });

  it.each([
    ['the event store is away', () => new StoreUnavailableFault('The store does not answer.')],
    ['another read model is behind', () => new ProjectionBehindFault('entitlements', 9n)],
    ['a socket of the database breaks', () => Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' })],
  ])('waits for as long as %s, and then goes on without a gap', async (_, faultOf) => {
    let [isAway, attempts] = [true, 0];
    const projection = counting({
      async project(events, client) {
        const all = [...events];
        if (isAway && all.some(({ stream }) => stream === 'aa.account-2')) {
          attempts++;
          throw faultOf();
        }
        await counting().project(all, client);
      },
    });
    await append('aa.account-1', 3);
    await append('aa.account-2', 1);
    const position = await append('aa.account-3', 1);
    const runner = runnerOf(projection);
    await until(() => attempts > 4 || halted.length > 0);
    await until(() => runner.status().state === 'retrying' || halted.length > 0);
    expect(runner.status().error).toMatchObject({ name: faultOf().name, message: faultOf().message });
    isAway = false;
    await runner.waitFor(position, timeoutMs);
    expect(await counts()).toEqual({ 'aa.account-1': 3n, 'aa.account-2': 1n, 'aa.account-3': 1n });
    expect(halted).toEqual([]);
  });

  it('lets one of two copies work, and the other take over', async () => {
    const first = runnerOf(counting());
    await first.waitFor(await append('aa.account-1', 1), timeoutMs);
    const second = runnerOf(counting(), { progress: new ProjectionProgress(pool) });
    await until(() => second.status().state === 'standby');
    await first.stop();
    const position = await append('aa.account-2', 1);
    await second.waitFor(position, timeoutMs);
    await until(() => second.status().state === 'live');
    expect(await counts()).toEqual({ 'aa.account-1': 1n, 'aa.account-2': 1n });
  });

  it('is waited for from another process by its checkpoint', async () => {
    runnerOf(counting());
    const elsewhere = new ProjectionProgress(pool);
    const position = await append('aa.account-1', 1);
    await elsewhere.waitFor(counting(), { position, timeoutMs });
    expect(await counts()).toEqual({ 'aa.account-1': 1n });
  });

  it('rebuilds to the same rows, whatever was done to them', async () => {
    const runner = runnerOf(counting());
    const position = await append('aa.account-1', 7);
    await runner.waitFor(position, timeoutMs);
    await pool.query('update stream_count set events = 99');
    await runner.rebuild();
    await runner.waitFor(position, timeoutMs);
    expect(await counts()).toEqual({ 'aa.account-1': 7n });
  });

  it('refuses to go on from the checkpoint of another log', async () => {
    const runner = runnerOf(counting());
    await runner.waitFor(await append('aa.account-1', 1), timeoutMs);
    await runner.stop();
    await pool.query('update projection_checkpoint set store_id = gen_random_uuid()');
    const again = runnerOf(counting());
    await until(() => halted.length > 0);
    expect(again.status()).toMatchObject({ state: 'halted', error: { name: 'ForeignStoreFault' } });
  });

  it('refuses to go on from a checkpoint beyond the log', async () => {
    const runner = runnerOf(counting());
    await runner.waitFor(await append('aa.account-1', 1), timeoutMs);
    await runner.stop();
    await pool.query('update projection_checkpoint set position = 1000');
    const again = runnerOf(counting());
    await until(() => halted.length > 0);
    expect(again.status()).toMatchObject({ state: 'halted', error: { name: 'PositionBeyondHeadFault' } });
  });

  it('stops when somebody else moved its checkpoint', async () => {
    const runner = runnerOf(counting());
    await runner.waitFor(await append('aa.account-1', 1), timeoutMs);
    await pool.query('update projection_checkpoint set position = 0');
    await append('aa.account-2', 1);
    await until(() => halted.length > 0);
    expect(runner.status()).toMatchObject({ state: 'halted', error: { name: 'CheckpointMovedDefect' } });
    expect(await counts()).toEqual({ 'aa.account-1': 1n });
  });
});
