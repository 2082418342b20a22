import { hash, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type pg from 'pg';
import type { AccountEvent } from '../../../services/accounts/domain/account.events.ts';
import type { Account, OpenAccount } from '../../../services/accounts/domain/open-account.ts';
import { account } from '../../../services/accounts/domain/account.ts';
import { postCharge } from '../../../services/accounts/domain/charging.decider.ts';
import { PostgresSnapshotStore } from '../../../services/commands/adapters/postgres/postgres.snapshot-store.ts';
import { type LiveAggregate, loadAggregate } from '../../../services/commands/application/live-aggregate.ts';
import { RememberedCommands } from '../../../services/commands/application/remembered-commands.ts';
import { aggregateOf, bodyOf, digestOf } from '../../../services/commands/application/snapshot-body.ts';
import type { Snapshot } from '../../../services/commands/application/snapshot-store.ts';
import { Snapshots } from '../../../services/commands/application/snapshots.ts';
import { accept } from '../../../services/commands/domain/decision.ts';
import { MemoryEventStore } from '../../../services/event-store/adapters/memory/memory.event-store.ts';
import type { Json } from '../../../services/event-store/domain/canonical-json.ts';
import type { EventStore, ProposedEvent } from '../../../services/event-store/domain/event-store.ts';
import { sealEvent, zeroHash } from '../../../services/integrity/domain/leaf.ts';
import { series } from '../../../services/invoicing/domain/series.ts';
import { createPool } from '../../../services/read-store/pool.ts';
import { envelope, executionOn, origin } from '../../support/execution.ts';
import { freshDatabase, type TestDatabase } from '../../support/postgres.ts';
import { charge, id } from '../../unit/accounts/account.fixtures.ts';

const stream = `demo.account-${id}`;
const key = { stream, version: account.version! };
const at = '2026-03-01T12:00:00.000Z';

let database: TestDatabase;
let pool: pg.Pool;
let rows: PostgresSnapshotStore;
let failures: unknown[];

beforeAll(async () => {
  database = await freshDatabase();
  pool = createPool({ url: database.serviceUrl });
  rows = new PostgresSnapshotStore(pool);
}, 60_000);
afterAll(async () => {
  await pool.end();
  await database.drop();
});
beforeEach(async () => {
  failures = [];
  await pool.query('truncate aggregate_snapshot');
});

/** A store that counts the events it hands out. */
function counting(inner: EventStore): { store: EventStore; read: () => number } {
  let read = 0;
  const readStream = async function* (...args: Parameters<EventStore['readStream']>) {
    for await (const event of inner.readStream(...args)) {
      read++;
      yield event;
    }
  };
  const store = new Proxy(inner, {
    get: (target, name) => {
      const value: unknown = name === 'readStream' ? readStream : Reflect.get(target, name);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
  return { store, read: () => read };
}

/** An account with so many events, each of a command of its own; the first opens it, the others charge one cent to the next invoice. */
async function longStream(events: number): Promise<MemoryEventStore> {
  const store = new MemoryEventStore({ stride: () => BigInt(1 + Math.floor(Math.random() * 5)) });
  let previous = zeroHash;
  let batch: ProposedEvent[] = [];
  for (let index = 0; index < events; index++) {
    const fin: Json =
      index === 0
        ? { account: id, billing: 'postpaid', creditLimit: '1000000.00', currency: 'EUR' }
        : {
            account: id,
            amount: '0.01',
            currency: 'EUR',
            product: 'call',
            source: 'invoice',
            description: 'c',
            effectiveAt: at,
            postings: [],
          };
    const type = index === 0 ? 'AccountOpened/1' : 'ChargePosted/1';
    const { commandId: command, fingerprint } = envelope(`key ${index}`);
    const body = { actor: { id: 'key_1', type: 'api_key' }, command, correlation: command, fingerprint };
    const salts = { payloadSalt: hash('sha256', `p${index}`, 'hex'), metadataSalt: hash('sha256', `m${index}`, 'hex') };
    const id_ = randomUUID();
    const sealed = sealEvent({ origin, stream, revision: BigInt(index), id: id_, type, fin, body, at, previous, ...salts });
    previous = sealed.leaf.hash;
    batch.push({ id: id_, type, data: sealed.data, metadata: sealed.metadata });
    if (batch.length < 500 && index < events - 1) continue;
    const first = BigInt(index + 1 - batch.length);
    await store.append({ stream, expected: first === 0n ? 'no_stream' : first - 1n, events: batch });
    batch = [];
  }
  return store;
}

function snapshotsOn(events: EventStore): Snapshots {
  return new Snapshots({ snapshots: rows, events, onFailure: (_, error) => void failures.push(error) });
}

function load(store: EventStore, snapshots?: Snapshots): Promise<LiveAggregate<Account>> {
  return loadAggregate({ store, snapshots, aggregate: account, stream, originAt: async () => origin });
}

/** Everything that a decision or the next event could depend on. */
function known({ state, revision, lastLeaf, lastPosition, commands }: LiveAggregate<Account>) {
  return { state, revision, lastLeaf, lastPosition, commands: commands.toLines(), hasForgotten: commands.hasForgotten };
}

/** Folds the first events of a stream and keeps them as a snapshot. */
async function snapshotAt(store: EventStore, events: number, change: (snapshot: Snapshot) => Partial<Snapshot> = () => ({})) {
  const short: EventStore = { ...store, readStream: (name: string) => store.readStream(name, { maxCount: events }) };
  const live = await load(short);
  const { revision, lastLeaf: leaf, lastPosition: position } = live;
  const { storeId } = await store.head();
  const whole = { ...key, revision, storeId, position, leaf, body: bodyOf(live), digest: '' };
  const changed = { ...whole, ...change(whole) };
  await rows.save({ ...changed, digest: changed.digest || digestOf(changed) });
}

describe('a snapshot', () => {
  it('bounds what a process reads of a stream of 50,000 events, and changes nothing of what it knows', async () => {
    const store = await longStream(50_000);
    const full = known(await load(store));
    await snapshotAt(store, 49_700);
    const counted = counting(store);
    expect(known(await load(counted.store, snapshotsOn(counted.store)))).toEqual(full);
    // The first 500 show that the stream is long, one holds the snapshot against it, 300 came after it.
    expect(counted.read()).toBe(801);
    expect(failures).toEqual([]);
  }, 60_000);

  it('is not asked for where the stream is short', async () => {
    const store = await longStream(499);
    await snapshotAt(store, 400, () => ({ body: 'damaged' }));
    const counted = counting(store);
    expect((await load(counted.store, snapshotsOn(counted.store))).revision).toBe(498n);
    expect([counted.read(), failures]).toEqual([499, []]);
  });

  const damaged: readonly [string, (snapshot: Snapshot) => Partial<Snapshot>][] = [
    ['of another version of the code', ({ version }) => ({ version: version + 1 })],
    ['of another store', () => ({ storeId: randomUUID() })],
    ['of an event at another position', ({ position }) => ({ position: position + 1n })],
    ['of another history', ({ leaf }) => ({ leaf: leaf.replace(/^./, (first) => (first === '0' ? '1' : '0')) })],
    ['beyond the end of the stream', () => ({ revision: 10_000n })],
    [
      'whose body was changed',
      ({ body, ...rest }) => ({ body: body.replace('"$n":"12', '"$n":"92'), digest: digestOf({ body, ...rest }) }),
    ],
    ['whose body is cut off', ({ body }) => ({ body: body.slice(0, -1) })],
    ['whose body is of a later format', () => ({ body: '{"$later":"1"}' })],
  ];
  it.each(damaged)('%s is passed over', async (_, change) => {
    const store = await longStream(1_500);
    const full = known(await load(store));
    await snapshotAt(store, 1_300, change);
    const counted = counting(store);
    expect(known(await load(counted.store, snapshotsOn(counted.store)))).toEqual(full);
    expect(counted.read()).toBeGreaterThanOrEqual(1_500);
  });

  it('may be deleted, with all others, at any time', async () => {
    const store = await longStream(1_500);
    const full = known(await load(store));
    await snapshotAt(store, 1_300);
    await pool.query('delete from aggregate_snapshot');
    expect(known(await load(store, snapshotsOn(store)))).toEqual(full);
    await pool.query('alter table aggregate_snapshot rename to away');
    expect(known(await load(store, snapshotsOn(store)))).toEqual(full);
    await pool.query('alter table away rename to aggregate_snapshot');
    expect(failures).toHaveLength(1);
  });

  it('holds every command that the aggregate remembers, so that a process which begins with it knows a repeat', async () => {
    const store = await longStream(1_500);
    await snapshotAt(store, 1_500);
    const counted = counting(store);
    const { executor, commands } = executionOn(counted.store, undefined, snapshotsOn(counted.store));
    commands.seen = 0n; // The log of commands is behind; a command that is remembered does not ask it.
    const charged = await executor.execute({
      aggregate: account,
      stream,
      envelope: envelope('key 700'),
      decide: (s) => postCharge(s, charge('1')),
    });
    expect(charged).toMatchObject({ kind: 'accepted', answer: { revision: 700n, replayed: true } });
    expect(counted.read()).toBe(502);
    const late = envelope('key 499', { patienceMs: 60 }); // The one before the oldest remembered.
    await expect(
      executor.execute({ aggregate: account, stream, envelope: late, decide: (state) => postCharge(state, charge('1')) }),
    ).rejects.toMatchObject({ retryable: true });
  });
});

describe('taking snapshots', () => {
  const posting = (state: Account) => postCharge(state, charge('0.01'));
  const post = (executor: ReturnType<typeof executionOn>['executor'], name: string) =>
    executor.execute({ aggregate: account, stream, envelope: envelope(name), decide: posting });

  async function until(condition: () => Promise<boolean>): Promise<void> {
    for (const deadline = Date.now() + 60_000; !(await condition());) {
      if (Date.now() > deadline) throw new Error('It did not come true in time.');
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
  const revisions = async () =>
    (await pool.query<{ revision: bigint }>('select revision from aggregate_snapshot order by revision')).rows.map((row) => row.revision);

  it('begins when a long stream is loaded, goes on with every 500 events, and keeps the newest only', async () => {
    const store = await longStream(700);
    const snapshots = snapshotsOn(store);
    const { executor } = executionOn(store, undefined, snapshots);
    await post(executor, 'one more');
    await until(async () => (await revisions())[0] !== undefined);
    const [first] = await revisions();
    for (let index = 0; index < 500; index++) await post(executor, `charge ${index}`);
    await until(async () => (await revisions())[0] !== first);
    expect(await revisions()).toHaveLength(1);
    await snapshots.close();
    const full = known(await load(store));
    expect(known(await load(store, snapshotsOn(store)))).toEqual(full);
    expect((full.state as OpenAccount).revision).toBe(1200n);
    expect(failures).toEqual([]);
  });

  it('holds up no command: its table is locked, and every charge is answered', async () => {
    const store = await longStream(700);
    const snapshots = snapshotsOn(store);
    const { executor } = executionOn(store, undefined, snapshots);
    const blocker = await pool.connect();
    await blocker.query('begin; lock table aggregate_snapshot in exclusive mode');
    for (let index = 0; index < 600; index++) expect(await post(executor, `charge ${index}`)).toMatchObject({ kind: 'accepted' });
    await blocker.query('commit');
    blocker.release();
    await snapshots.close();
    expect(await revisions()).toHaveLength(1);
  });

  it('reports what it cannot write, and goes on without', async () => {
    const store = await longStream(700);
    const snapshots = snapshotsOn(store);
    const strange = { ...account, evolve: () => ({ status: 'none', size: 1 }) as Account };
    const { executor } = executionOn(store, undefined, snapshots);
    const outcome = await executor.execute({
      aggregate: strange,
      stream,
      envelope: envelope('strange'),
      decide: () => accept<AccountEvent>({ type: 'ToppedUp/1', data: {} as never }),
    });
    expect(outcome.kind).toBe('accepted');
    await until(async () => failures.length > 0);
    expect(failures).toMatchObject([{ name: 'StateNotTextualDefect' }]);
    await snapshots.close();
  });

  it('keeps a series of numbers, whose map only grows', () => {
    let state = series.initial;
    for (let index = 0n; index < 2_000n; index++) {
      const data = { series: 'main', invoice: `inv_${index}`, sequence: `${index + 1n}`, number: `INV-${index + 1n}` };
      state = series.evolve(state, { event: { type: 'NumberAssigned/1', data }, id: '', revision: index });
    }
    const live = { state, revision: 1_999n, lastLeaf: zeroHash, lastPosition: 1n, commands: new RememberedCommands() };
    const snapshot = { ...key, revision: 1_999n, storeId: '', position: 1n, leaf: zeroHash, body: bodyOf(live), digest: '' };
    const read = aggregateOf<typeof state>(snapshot).state;
    expect([read.last, [...read.numbers.entries()]]).toEqual([2_000n, [...state.numbers.entries()]]);
  });
});
