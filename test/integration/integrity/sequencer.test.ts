import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { HeadFile } from '../../../services/integrity/adapters/files/head-file.ts';
import type { HeadStore } from '../../../services/integrity/application/head-store.ts';
import type { LeafStore } from '../../../services/integrity/application/leaf-store.ts';
import type { Sequencer } from '../../../services/integrity/application/sequencer.ts';
import { appendCharges, derive, type Fixture, insertBehindPort, openFixture, until, untilSigned } from './log-fixture.ts';

let fixture: Fixture;
let running: Sequencer[];

beforeEach(async () => {
  fixture = await openFixture();
  running = [];
});

afterEach(async () => {
  await Promise.all(running.map((sequencer) => sequencer.stop()));
  await fixture.close();
});

function start(options?: Parameters<Fixture['sequencer']>[0]): Sequencer {
  const sequencer = fixture.sequencer(options);
  running.push(sequencer);
  sequencer.start();
  return sequencer;
}

/** Everything of the tree that is stored, but for positions of the reader and of the heads. */
async function treeRows(): Promise<unknown> {
  const tables = ['integrity_leaf order by leaf_index', 'integrity_tile order by level, tile_index', 'integrity_tree'];
  return Promise.all(tables.map(async (table) => (await fixture.pool.query(`select * from ${table}`)).rows));
}

describe('the sequencer', () => {
  it('makes a leaf of every event of its provider, in order, and signs a head over all of them', async () => {
    await appendCharges(fixture, 'north.account-1', 300);
    await appendCharges(fixture, 'south.account-1', 3);
    start();
    await appendCharges(fixture, 'north.account-2', 2);
    await appendCharges(fixture, 'north.account-1', 1);
    const head = await untilSigned(fixture);
    expect({ size: head.size, root: head.root }).toEqual(await derive(fixture));
    expect(head.note).toMatch(
      new RegExp(`^${fixture.log.origin}\\n304\\n${head.root.toString('base64').replaceAll('+', '\\+')}\\n\\n— ${fixture.log.origin} `),
    );
    const [genesis] = await fixture.leaves.leaves('north', 0n, 1);
    expect(genesis).toMatchObject({ stream: 'north.log-0', revision: 0n });
    expect(genesis?.hash.toString('hex')).toBe(fixture.log.genesisHash);
  });

  it('goes on behind malformed events, which are leaves as they are', async () => {
    start();
    await appendCharges(fixture, 'north.account-1', 1);
    await insertBehindPort(fixture.owner, { data: 'not JSON', metadata: null });
    await insertBehindPort(fixture.owner, { stream: 'north.Ω no name', type: 'no type', data: '{"n":1}', metadata: '{"at":"yesterday"}' });
    await appendCharges(fixture, 'north.account-2', 1);
    const head = await untilSigned(fixture);
    expect(head.size).toBe(5n);
    expect(head.root).toEqual((await derive(fixture)).root);
    const [, , , odd] = await fixture.leaves.leaves('north', 0n, 5);
    expect(JSON.parse(odd?.entry as string)).toMatchObject({
      at: '0001-01-01T00:00:00.000Z',
      prev: '0'.repeat(64),
      stream: expect.stringMatching(/^invalid:[0-9a-f]{64}$/),
      type: expect.stringMatching(/^invalid:[0-9a-f]{64}$/),
    });
  });

  it('makes two leaves of an id that was written twice behind the port', async () => {
    const id = randomUUID();
    await insertBehindPort(fixture.owner, { id, stream: 'north.bad-1' });
    await insertBehindPort(fixture.owner, { id, stream: 'north.bad-2' });
    start();
    expect((await untilSigned(fixture)).size).toBe(3n);
    expect((await fixture.leaves.findByEvent('north', id))?.index).toBe(1n);
  });

  it('derives the same rows again when everything but the signed head is lost', async () => {
    await appendCharges(fixture, 'north.account-1', 700);
    const first = start({ batchSizeMax: 50 });
    const head = await untilSigned(fixture);
    await first.stop();
    const before = await treeRows();
    await fixture.pool.query('truncate integrity_leaf, integrity_tile, integrity_tree');
    const second = start();
    await until(() => (second.status.state === 'live' ? true : undefined));
    await second.stop();
    expect(await treeRows()).toEqual(before);
    expect(await fixture.heads.published('north')).toEqual(head);
  });

  it('works once, however many are started, and another takes over', async () => {
    const [first, second] = [start(), start()];
    await until(() => [first, second].find(({ status }) => status.state === 'live'));
    await appendCharges(fixture, 'north.account-1', 10);
    await untilSigned(fixture);
    const [worker, standby] = first.status.state === 'live' ? [first, second] : [second, first];
    expect(standby.status.state).toBe('standby');
    await worker.stop();
    await appendCharges(fixture, 'north.account-1', 10);
    expect((await untilSigned(fixture)).root).toEqual((await derive(fixture)).root);
    expect(standby.status.state).toBe('live');
  });

  it('harms nothing when a lock lets two work at once', async () => {
    const lock = { tryAcquire: async () => ({ lost: new Promise<void>(() => undefined), release: async () => undefined }) };
    const both = [start({ lock }), start({ lock })];
    for (let round = 0; round < 10; round++) await appendCharges(fixture, 'north.account-1', 20);
    const head = await untilSigned(fixture);
    expect(head.root).toEqual((await derive(fixture)).root);
    expect(both.map(({ status }) => status.state)).not.toContain('halted');
  });
});

describe('a crash', () => {
  const steps = ['before the rows', 'after the rows', 'before the swap', 'after the swap', 'before showing', 'after showing'] as const;

  it.each(steps)('%s is mended by the next start', async (step) => {
    await appendCharges(fixture, 'north.account-1', 300);
    const crash = new Crash(step);
    const doomed = fixture.sequencer({ leaves: crash.leaves(fixture.leaves), heads: crash.heads(fixture.heads), batchSizeMax: 100 });
    running.push(doomed);
    doomed.start();
    await crash.happened;
    await doomed.stop();
    await appendCharges(fixture, 'north.account-1', 5);
    start();
    const head = await untilSigned(fixture);
    expect({ size: head.size, root: head.root }).toEqual(await derive(fixture));
  });
});

describe('a store behind what was shown', () => {
  it('signs nothing when somebody knows a larger head', async () => {
    await appendCharges(fixture, 'north.account-1', 5);
    const memory = { name: 'the anchor contract', latest: async () => ({ size: 99n, root: Buffer.alloc(32, 7) }) };
    const sequencer = start({ memories: [memory] });
    await until(() => (sequencer.status.state === 'halted' ? true : undefined));
    expect(sequencer.status.reason).toMatch(/the anchor contract knows a signed head of 99 leaves, but the event store holds only 6\./);
    expect(await fixture.heads.published('north')).toBeUndefined();
  });

  it('signs nothing when somebody knows another root of a size', async () => {
    await appendCharges(fixture, 'north.account-1', 5);
    const memory = { name: 'a witness', latest: async () => ({ size: 3n, root: Buffer.alloc(32, 7) }) };
    const sequencer = start({ memories: [memory] });
    await until(() => (sequencer.status.state === 'halted' ? true : undefined));
    expect(sequencer.status.reason).toMatch(/a witness knows a signed head of 3 leaves/);
    expect(await fixture.heads.published('north')).toBeUndefined();
  });

  it('is told by the file of the last head when the database was set back', async () => {
    await appendCharges(fixture, 'north.account-1', 5);
    const memories = [new HeadFile(fixture.keysFolder)];
    const first = start({ memories });
    await untilSigned(fixture);
    await until(async () => (await memories[0]?.latest('north'))?.size === 6n || undefined);
    await first.stop();
    await setStoreBack();
    await fixture.reopenStore(); // Another process: what this one has read already it would not read again.
    const second = start({ memories });
    await until(() => (second.status.state === 'halted' ? true : undefined));
    expect(second.status.reason).toMatch(/the file of the last head/);
  });

  it('is noticed when the last leaf is another event now', async () => {
    await appendCharges(fixture, 'north.account-1', 5);
    const first = start();
    await untilSigned(fixture);
    await first.stop();
    await changeLog(
      `update event_store.event_log set event_id = '${randomUUID()}' where position = (select max(position) from event_store.event_log)`,
    );
    const second = start();
    await until(() => (second.status.state === 'halted' ? true : undefined));
    expect(second.status.reason).toMatch(/leaf 5 is event .* but position .* holds event/);
  });

  /** As a backup from before the last two events would leave both. */
  async function setStoreBack(): Promise<void> {
    await fixture.pool.query('truncate integrity_leaf, integrity_tile, integrity_tree, integrity_head');
    await changeLog('delete from event_store.event_log where position > (select max(position) - 2 from event_store.event_log)');
    await fixture.owner.query('update event_store.event_log_head set position_last = (select max(position) from event_store.event_log)');
    await fixture.owner.query(`update event_store.event_stream set revision = 2 where name = 'north.account-1'`);
  }

  async function changeLog(statement: string): Promise<void> {
    await fixture.owner.query('alter table event_store.event_log disable trigger event_log_is_append_only');
    await fixture.owner.query(statement);
    await fixture.owner.query('alter table event_store.event_log enable trigger event_log_is_append_only');
  }
});

/** Ends a sequencer at one step as a crash would: the step was taken or not, and nothing after it happens. */
class Crash {
  readonly #step: string;
  readonly #happened = Promise.withResolvers<void>();
  #calls = 0;

  constructor(step: string) {
    this.#step = step;
  }

  get happened(): Promise<void> {
    return this.#happened.promise;
  }

  leaves(store: LeafStore): LeafStore {
    return this.#around(store, 'grow', 'the rows', 2);
  }

  heads(store: HeadStore): HeadStore {
    return this.#around(this.#around(store, 'swap', 'the swap', 1), 'publish', 'showing', 1);
  }

  #around<Port extends object>(port: Port, method: keyof Port, name: string, nth: number): Port {
    const call = (port[method] as (...parameters: unknown[]) => Promise<unknown>).bind(port);
    const crashing = async (...parameters: unknown[]) => {
      const isNow = this.#step.endsWith(name) && ++this.#calls >= nth;
      if (isNow && this.#step.startsWith('before')) this.#crash();
      const result = await call(...parameters);
      if (isNow) this.#crash();
      return result;
    };
    return new Proxy(port, {
      get: (target, property) => {
        if (property === method) return crashing;
        const value = Reflect.get(target, property) as unknown;
        return typeof value === 'function' ? (value.bind(target) as unknown) : value;
      },
    });
  }

  #crash(): never {
    this.#happened.resolve();
    throw new Error('The process dies here.');
  }
}
