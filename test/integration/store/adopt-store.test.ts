import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { books } from '../../../projections/books/books.projection.ts';
import { commands } from '../../../projections/commands/commands.projection.ts';
import { systemClock } from '../../../services/commands/application/clock.ts';
import { MemoryEventStore } from '../../../services/event-store/adapters/memory/memory.event-store.ts';
import { copyLog } from '../../../services/event-store/application/copy-log.ts';
import type { EventStore, StoredEvent } from '../../../services/event-store/domain/event-store.ts';
import { HeadFile } from '../../../services/integrity/adapters/files/head-file.ts';
import { AdvisoryLock } from '../../../services/integrity/adapters/postgres/advisory-lock.ts';
import { OpenLog } from '../../../services/integrity/application/open-log.ts';
import { Sequencer } from '../../../services/integrity/application/sequencer.ts';
import { adoptStore } from '../../../services/main/store/adopt-store.ts';
import { eventTypes } from '../../../services/main/event-types.ts';
import { EventReader } from '../../../services/read-store/event-reader.ts';
import { ProjectionProgress } from '../../../services/read-store/projection-progress.ts';
import { ProjectionRunner } from '../../../services/read-store/projection-runner.ts';
import { enterService } from '../../../services/read-store/service-presence.ts';
import { appendCharges, derive, type Fixture, openFixture, until, untilSigned } from '../integrity/log-fixture.ts';

const strided = () => new MemoryEventStore({ stride: () => BigInt(1 + Math.floor(Math.random() * 9)) });
const readModels = [books, commands];

let fixture: Fixture;
let sequencers: Sequencer[];
let runners: ProjectionRunner[];

beforeEach(async () => {
  fixture = await openFixture();
  sequencers = [];
  runners = [];
  await fixture.opener.openLog({ slug: 'south', chains: [] });
  for (let index = 0; index < 30; index++) await appendCharges(fixture, `north.account-${index % 4}`, 1 + (index % 3));
  sequence(fixture.store);
  await untilSigned(fixture);
  await project(fixture.store);
  await stopAll();
});
afterEach(async () => {
  await stopAll();
  await fixture.close();
});

/** A sequencer on a store, held to what the keys folder remembers too. */
function sequence(store: EventStore): void {
  const { leaves, heads, keyring, pool, keysFolder } = fixture;
  const lock = new AdvisoryLock(pool);
  const memories = [new HeadFile(keysFolder)];
  const sequencer = new Sequencer(fixture.log, { store, leaves, heads, lock, keyring, memories, headIntervalMsMin: 5 });
  sequencers.push(sequencer);
  sequencer.start();
}

async function project(eventStore: EventStore): Promise<void> {
  const { pool } = fixture;
  const progress = new ProjectionProgress(pool);
  const reader = new EventReader({ types: eventTypes });
  const { position } = await eventStore.head();
  for (const projection of readModels) {
    const runner = new ProjectionRunner({ projection, eventStore, reader, pool, progress, onHalt: () => undefined, standbyPollMs: 10 });
    runners.push(runner);
    runner.start();
    await Promise.race([runner.waitFor(position, 10_000), until(() => (runner.status().state === 'halted' ? true : undefined))]);
  }
}

async function stopAll(): Promise<void> {
  for (const each of [...sequencers.splice(0), ...runners.splice(0)]) await each.stop();
}

async function copyOf(source: EventStore): Promise<EventStore> {
  const target = strided();
  await copyLog({ source, target });
  return target;
}

const adopt = (store: EventStore) => adoptStore({ store, pool: fixture.pool, readModels });

/** Everything of the ledger's database that adoption may touch. */
async function rowsOf(table: string): Promise<unknown[]> {
  return (await fixture.pool.query(`select * from ${table} as t order by t::text`)).rows;
}

const tables = ['integrity_tree', 'integrity_leaf', 'integrity_tile', 'integrity_head', 'projection_checkpoint', 'commands_v1'];

describe('a ledger that follows a copy of its log on another engine', () => {
  it('refuses it before, and says which store it belongs to', async () => {
    sequence(await copyOf(fixture.store));
    const [sequencer] = sequencers;
    await until(() => (sequencer?.status.state === 'halted' ? true : undefined));
    expect(sequencer?.status.reason).toContain('the tree was derived from event store');
    expect(sequencer?.status.reason).toContain('bin/tallyroot store adopt');
    await project(await copyOf(fixture.store));
    expect(runners.map((runner) => runner.status().error?.name)).toEqual(['ForeignStoreFault', 'ForeignStoreFault']);
  });

  it('signs on from its head with the same roots, and finds every event where it stands now', async () => {
    const before = await untilSigned(fixture);
    const tiles = await rowsOf('integrity_tile');
    const target = await copyOf(fixture.store);
    expect(await adopt(target)).toMatchObject([{ log: 'north', size: before.size }]);
    expect(await rowsOf('integrity_tile')).toEqual(tiles);
    expect(await fixture.heads.published('north')).toEqual(before);

    const events = new Map<bigint, StoredEvent>();
    for await (const event of target.readAll()) events.set(event.position, event);
    for (const leaf of await fixture.leaves.leaves('north', 0n, 1_000)) {
      expect(events.get(leaf.position)).toMatchObject({ id: leaf.eventId, stream: leaf.stream, revision: leaf.revision });
    }

    sequence(target);
    await appendCharges({ ...fixture, store: target as never }, 'north.account-1', 3);
    const { size, root } = await derive({ ...fixture, store: target as never });
    const after = await until(async () => {
      const head = await fixture.heads.published('north');
      return head?.size === size ? head : undefined;
    });
    expect(after.root).toEqual(root);
    expect(await fixture.query.rootAt('north', before.size)).toEqual(before.root);
    expect(sequencers.map(({ status }) => status.state)).toEqual(['live']);
  });

  it('builds its read models anew, to the same rows but for the positions', async () => {
    const rows = async () =>
      (await fixture.pool.query('select command_id, stream, first_revision, last_revision, fingerprint from commands order by command_id'))
        .rows;
    const before = await rows();
    expect(before.length).toBeGreaterThan(30);
    const target = await copyOf(fixture.store);
    await adopt(target);
    await project(target);
    expect(await rows()).toEqual(before);
    expect(runners.map((runner) => runner.status().error)).toEqual([undefined, undefined]);
  });

  it('hears again of all that was seen on chains, which another store may not know', async () => {
    await fixture.pool.query(
      `insert into settlement_watch_log (chain_id, contract, provider_id, effect, key, block_number, block_hash, tx, log_index, log, standing)
       values ('1', '0xa1', 1, 'slot', '7', 5, '0xb5', '0xc1', 0, '{}', 'finalized')`,
    );
    await adopt(await copyOf(fixture.store));
    expect(await rowsOf('settlement_watch_log')).toMatchObject([{ key: '7', state: 'seen', standing: null }]);
  });

  it('may be asked again, and go back to the first store', async () => {
    const before = await rowsOf('integrity_leaf');
    const target = await copyOf(fixture.store);
    await adopt(target);
    expect(await adopt(target)).toEqual([]);
    expect(await rowsOf('integrity_leaf')).not.toEqual(before);
    expect(await adopt(fixture.store)).toMatchObject([{ log: 'north' }]);
    expect(await rowsOf('integrity_leaf')).toEqual(before);
  });
});

describe('a store is not followed', () => {
  const refusals: readonly [string, (source: EventStore) => Promise<EventStore>, string][] = [
    [
      'that lacks the last events',
      async (source) => {
        const target = strided();
        await copyLog({ source: shortened(source, 20), target });
        return target;
      },
      'an older copy',
    ],
    ['that is empty', () => Promise.resolve(strided()), 'holds 0 of the'],
    [
      'with another history',
      async (source) => {
        const target = strided();
        const opener = new OpenLog({ store: target, keyring: fixture.keyring, clock: systemClock, chains: async () => [] });
        await opener.openLog({ slug: 'north', chains: [] });
        await copyLog({ source, target: strided() });
        for (let index = 0; index < 40; index++) await appendCharges({ ...fixture, store: target as never }, `north.account-${index}`, 3);
        return target;
      },
      'Leaf 0 of north is not LogGenesis/1',
    ],
    ['that fails half way', async (source) => failing(await copyOf(source), 40), 'The connection broke.'],
  ];
  it.each(refusals)('%s, and nothing is changed', async (_, open, message) => {
    const before = await Promise.all(tables.map(rowsOf));
    await expect(adopt(await open(fixture.store))).rejects.toThrow(message);
    expect(await Promise.all(tables.map(rowsOf))).toEqual(before);
  });

  it('while a service works on the database', async () => {
    const presence = await enterService(fixture.pool);
    await expect(adopt(await copyOf(fixture.store))).rejects.toMatchObject({ name: 'DatabaseInUseFault' });
    await presence.leave();
    await adopt(await copyOf(fixture.store));
  });
});

function reading(store: EventStore, readAll: EventStore['readAll']): EventStore {
  return new Proxy(store, {
    get: (target, name) => {
      const value: unknown = name === 'readAll' ? readAll : Reflect.get(target, name);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value; // `then` is looked for by every await.
    },
  });
}

/** The store as it was when it held so many events. */
function shortened(store: EventStore, maxCount: number): EventStore {
  return reading(store, () => store.readAll({ maxCount }));
}

function failing(store: EventStore, after: number): EventStore {
  return reading(store, async function* () {
    yield* store.readAll({ maxCount: after });
    throw new Error('The connection broke.');
  });
}
