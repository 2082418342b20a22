import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import pg from 'pg';
import { EventStoreDbEventStore } from '../../../services/event-store/adapters/eventstoredb/eventstoredb.event-store.ts';
import { MemoryEventStore } from '../../../services/event-store/adapters/memory/memory.event-store.ts';
import { PostgresEventStore } from '../../../services/event-store/adapters/postgres/postgres.event-store.ts';
import { copyLog } from '../../../services/event-store/application/copy-log.ts';
import type { EventStore } from '../../../services/event-store/domain/event-store.ts';
import { UnknownOutcomeFault } from '../../../services/event-store/domain/faults.ts';
import { verifyCopy } from '../../../services/main/store/verify-copy.ts';
import { EventStoreDBDouble } from '../../eventstoredb-double/eventstoredb-double.ts';
import { LossyEventStore } from '../../support/execution.ts';
import { freshDatabase, type TestDatabase } from '../../support/postgres.ts';
import { appendTo, eventOf, factsOf, writeLog } from './copied-logs.ts';

const strided = () => new MemoryEventStore({ stride: () => BigInt(1 + Math.floor(Math.random() * 9)) });
const nobody = () => undefined;

const stores: EventStore[] = [];
const databases: TestDatabase[] = [];
afterAll(async () => {
  for (const store of stores) await store.dispose();
  for (const database of databases) await database.drop();
});

async function database(): Promise<TestDatabase> {
  const fresh = await freshDatabase();
  databases.push(fresh);
  return fresh;
}

function storeIn({ serviceUrl }: TestDatabase): EventStore {
  const store = new PostgresEventStore({ url: serviceUrl });
  stores.push(store);
  return store;
}

describe('a copy of a log', () => {
  it('holds the same events in the same order, from memory to Postgres, to Postgres and back', async () => {
    const [source, one, other, back] = [strided(), storeIn(await database()), storeIn(await database()), strided()];
    await writeLog(source);
    const facts = await factsOf(source);
    expect(facts.length).toBe(20 * 4 + 1_200 + 3 + 2);
    expect(await copyLog({ source, target: one })).toEqual({ standing: 0, copied: facts.length });
    expect(await copyLog({ source: one, target: other })).toEqual({ standing: 0, copied: facts.length });
    expect(await copyLog({ source: other, target: back })).toEqual({ standing: 0, copied: facts.length });
    for (const copy of [one, other, back]) expect(await factsOf(copy)).toEqual(facts);
    expect(await verifyCopy({ source, target: back }, nobody)).toMatchObject({ events: facts.length });
  });

  it('holds the same in an EventStoreDB, and comes back from there', async () => {
    const double = await EventStoreDBDouble.start();
    const server = new EventStoreDbEventStore({ url: double.connectionString });
    try {
      const [source, back] = [storeIn(await database()), storeIn(await database())];
      await writeLog(source, { rounds: 5 });
      const { copied } = await copyLog({ source, target: server });
      expect(await verifyCopy({ source, target: server }, nobody)).toMatchObject({ events: copied });
      expect(await copyLog({ source, target: server })).toEqual({ standing: copied, copied: 0 });
      await copyLog({ source: server, target: back });
      expect(await factsOf(back)).toEqual(await factsOf(source));
    } finally {
      await server.dispose();
      await double.stop();
    }
  });

  it('takes what the source got meanwhile, and nothing when there is nothing new', async () => {
    const [source, target] = [strided(), strided()];
    const revisions = await writeLog(source, { rounds: 2 });
    const { copied } = await copyLog({ source, target });
    await appendTo(source, revisions, 'aa.account-2', [eventOf('later'), eventOf('and later')]);
    await expect(verifyCopy({ source, target }, nobody)).rejects.toThrow(
      `the first ${copied} events of the source, and the source has more`,
    );
    expect(await copyLog({ source, target })).toEqual({ standing: copied, copied: 2 });
    expect(await copyLog({ source, target })).toEqual({ standing: copied + 2, copied: 0 });
    expect(await factsOf(target)).toEqual(await factsOf(source));
  });

  it('sends an append again whose request or reply was lost, and writes it once', async () => {
    const source = strided();
    const lossy = new LossyEventStore(strided());
    await writeLog(source, { rounds: 3 });
    lossy.losses.push('request', 'reply', 'none', 'reply', 'reply', 'request');
    await copyLog({ source, target: lossy.store });
    expect(await factsOf(lossy.store)).toEqual(await factsOf(source));
  });

  it('goes on after an end at any append, whether or not that one was written', async () => {
    const source = strided();
    await writeLog(source, { rounds: 4 });
    const target = strided();
    const lossy = new LossyEventStore(target);
    for (let run = 0; ; run++) {
      lossy.losses.length = 0;
      lossy.losses.push('none', run % 2 === 0 ? 'request' : 'reply', ...Array.from({ length: 20 }, () => 'request' as const));
      const held = (await factsOf(target)).length;
      try {
        const { standing } = await copyLog({ source, target: lossy.store, patienceMs: 0 });
        expect(standing).toBe(held);
        break;
      } catch (error) {
        expect(error).toBeInstanceOf(UnknownOutcomeFault);
        expect((await factsOf(target)).length).toBeGreaterThan(held);
      }
    }
    expect(await factsOf(target)).toEqual(await factsOf(source));
  });

  it('goes on after a kill -9 at any instant', async () => {
    const [from, to] = [await database(), await database()];
    const [source, target] = [storeIn(from), storeIn(to)];
    const revisions = new Map<string, bigint>();
    for (let index = 0; index < 600; index++) await appendTo(source, revisions, `aa.account-${index % 7}`, [eventOf(`${index}`)]);
    let kills = 0;
    let known = 0;
    for (let isDone = false; !isDone;) {
      const script = join(import.meta.dirname, 'copy-process.ts');
      const events = String(known + 60 + Math.floor(Math.random() * 40));
      const copy = spawn(process.execPath, [script, from.serviceUrl, to.serviceUrl, events], {
        stdio: ['ignore', 'pipe', 'inherit'],
        env: { ...process.env, NODE_OPTIONS: '' },
      });
      const exited = once(copy, 'exit') as Promise<[number | null]>;
      let lines = 0;
      for await (const _ of createInterface({ input: copy.stdout })) lines++;
      isDone = (await exited)[0] === 0;
      if (!isDone) kills++;
      const facts = await factsOf(target);
      expect(facts).toEqual((await factsOf(source)).slice(0, facts.length));
      expect(facts.length).toBeGreaterThanOrEqual(Math.max(known, lines)); // What was said to be there is there.
      known = facts.length;
    }
    expect(kills).toBeGreaterThanOrEqual(4);
    expect(await verifyCopy({ source, target }, nobody)).toMatchObject({ events: 600 });
  }, 120_000);
});

describe('a target is refused', () => {
  let source: EventStore;
  let revisions: Map<string, bigint>;
  beforeAll(async () => {
    source = strided();
    revisions = await writeLog(source, { rounds: 2 });
  });

  it('that is the source', async () => {
    await expect(copyLog({ source, target: source })).rejects.toMatchObject({ name: 'LogsDifferFault' });
    const { serviceUrl } = await database();
    const [one, other] = [storeIn({ serviceUrl } as TestDatabase), storeIn({ serviceUrl } as TestDatabase)];
    await expect(copyLog({ source: one, target: other })).rejects.toThrow('one and the same event store');
  });

  it('that holds another event', async () => {
    const target = strided();
    await target.append({ stream: 'aa.account-1', expected: 'no_stream', events: [eventOf('foreign')] });
    const copy = copyLog({ source, target });
    await expect(copy).rejects.toMatchObject({ name: 'LogsDifferFault' });
    await expect(copy).rejects.toThrow(
      'Event 1 is Noted/1 at aa.account-1@0 in the source and Noted/1 at aa.account-1@0 in the target: another id',
    );
    expect(await factsOf(target)).toHaveLength(1);
  });

  it.each(['data', 'metadata', 'type'] as const)('that holds an event with another %s under the same id', async (part) => {
    const [first] = await factsOf(source);
    const { id, type, data, metadata } = first!;
    const other = { data: '{"fin":{}}', metadata: '{}', type: 'Noted/9' }[part];
    const target = strided();
    await target.append({ stream: first!.stream, expected: 'no_stream', events: [{ id, type, data, metadata, [part]: other } as never] });
    await expect(copyLog({ source, target })).rejects.toThrow(`another ${part}`);
  });

  it('that goes on where the source ends', async () => {
    const target = strided();
    await copyLog({ source, target });
    await appendTo(target, new Map(revisions), 'aa.account-2', [eventOf('only here')]);
    await expect(copyLog({ source, target })).rejects.toThrow('but the target goes on with Noted/1 at aa.account-2@2');
    await expect(verifyCopy({ source, target }, nobody)).rejects.toMatchObject({ name: 'LogsDifferFault' });
  });

  it('that somebody else writes to', async () => {
    const target = strided();
    let copied = 0;
    const progressed = () => {
      if (++copied === 3) void target.append({ stream: 'bb.account-1', expected: 'no_stream', events: [eventOf('foreign')] });
    };
    const copy = copyLog({ source, target, progressed });
    await expect(copy).rejects.toMatchObject({ name: 'LogsDifferFault' });
    await expect(copy).rejects.toThrow('Somebody else writes to it');
  });
});

it('a source is refused that holds what no port takes, and the event is named', async () => {
  const from = await database();
  const source = storeIn(from);
  await source.append({ stream: 'aa.account-1', expected: 'no_stream', events: [eventOf('one')] });
  const owner = new pg.Client({ connectionString: from.ownerUrl });
  await owner.connect();
  await owner.query(`
    insert into event_store.event_log (position, stream, revision, event_id, event_type, data)
    values (2, 'aa.account-1', 1, gen_random_uuid(), 'Noted/1', '{"amount":1}')`);
  await owner.query('update event_store.event_log_head set position_last = 2');
  await owner.query('update event_store.event_stream set revision = 1');
  await owner.end();
  const target = strided();
  const copy = copyLog({ source, target });
  await expect(copy).rejects.toMatchObject({ name: 'EventNotPortableFault' });
  await expect(copy).rejects.toThrow('Noted/1 at aa.account-1@1 was written behind the port');
});
