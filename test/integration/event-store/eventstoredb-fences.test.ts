import { EventStoreDBClient, jsonEvent } from '@eventstore/db-client';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  EventStoreDbEventStore,
  type EventStoreDbEventStoreOptions,
} from '../../../services/event-store/adapters/eventstoredb/eventstoredb.event-store.ts';
import type { AppenderSettings } from '../../../services/event-store/adapters/eventstoredb/appender.ts';
import { sharedAppender } from '../../../services/event-store/adapters/eventstoredb/shared-appender.ts';
import type { Appended, EventStore, StoredEvent } from '../../../services/event-store/domain/event-store.ts';
import { collect, idsOf, propose, until } from '../../contracts/event-store/events.ts';
import { EventStoreDBDouble } from '../../eventstoredb-double/eventstoredb-double.ts';

const stream = 'acme.account-1';
const appendTimeoutMs = 1000;
/** Whoever opens the appender of a server first has said how it works. */
const unused = {} as AppenderSettings;

let double: EventStoreDBDouble;
let stores: EventStore[];
let drops: number;
beforeEach(async () => {
  double = await EventStoreDBDouble.start();
  stores = [];
  drops = 0;
});
afterEach(async () => {
  double.thaw();
  await Promise.all(stores.map((store) => store.dispose()));
  await double.stop();
});

function open(options: Partial<EventStoreDbEventStoreOptions> = {}): EventStore {
  const store = new EventStoreDbEventStore({
    url: double.connectionString,
    appendTimeoutMs,
    onLiveDrop: (count) => (drops = count),
    ...options,
  });
  stores.push(store);
  return store;
}

let streams = 0;
const append = (store: EventStore, events = propose(1), to = `acme.order-${++streams}`): Promise<Appended> =>
  store.append({ stream: to, expected: 'no_stream', events });
const unknown = { name: 'UnknownOutcomeFault', retryable: true };

describe('appends to EventStoreDB', () => {
  it('D1: outlive a reply that comes twice, and one that comes too late', async () => {
    const store = open();
    double.appendFaults.next({ fault: 'duplicate_reply' });
    await append(store);
    double.appendFaults.next({ fault: 'delay_reply', ms: appendTimeoutMs + 100 });
    const events = propose(1);
    await expect(append(store, events, stream)).rejects.toMatchObject(unknown);
    await sleep(200);
    expect(await append(store, events, stream)).toMatchObject({ revision: 0n });
    expect(await collect(store.readStream(stream))).toHaveLength(1);
  });

  it('D1: of all stores of a process go through one client, which the last of them closes', async () => {
    const [first, second] = [open(), open()];
    await append(first);
    await first.dispose();
    expect(await append(second)).toMatchObject({ revision: 0n });
  });

  it('D3: have an unknown outcome when the server says nothing, and their repeat finds what was written', async () => {
    const store = open();
    await append(store);
    const events = propose(2);
    double.appendFaults.next({ fault: 'drop_reply', written: true });
    const began = performance.now();
    await expect(append(store, events, stream)).rejects.toMatchObject(unknown);
    expect(performance.now() - began).toBeLessThan(appendTimeoutMs + 500);
    expect(await append(store, events, stream)).toMatchObject({ revision: 1n, fresh: 'unknown' });
    expect(idsOf(await collect(store.readStream(stream)))).toEqual(idsOf(events));
  });

  it('D3: go on after a server that stood still', async () => {
    const store = open();
    await append(store);
    double.freeze();
    const requests = Array.from({ length: 20 }, (_, index) => ({ events: propose(1), to: `acme.invoice-${index}` }));
    const first = await Promise.allSettled(requests.map(({ events, to }) => append(store, events, to)));
    for (const outcome of first) expect(outcome).toMatchObject({ reason: unknown });
    double.thaw();
    for (const { events, to } of requests) {
      await append(store, events, to).catch(() => append(store, events, to));
      expect(idsOf(await collect(store.readStream(to)))).toEqual(idsOf(events));
    }
  });

  it('D4: go on at once after the server has ended the stream of appends', async () => {
    const store = open({ appendTimeoutMs: 10_000 });
    await append(store);
    const events = propose(1);
    double.appendFaults.next({ fault: 'half_close', written: true });
    await expect(append(store, events, stream)).rejects.toMatchObject(unknown);
    expect(await append(store, events, stream)).toMatchObject({ revision: 0n });
  });

  it('D4: get a new connection after two of them had no answer in time', async () => {
    const store = open();
    await append(store);
    const { appender, giveBack } = sharedAppender(double.connectionString, unused);
    double.appendFaults.next({ fault: 'drop_reply', written: false });
    await expect(append(store)).rejects.toMatchObject(unknown);
    await append(store);
    expect(appender.replaced).toBe(0);
    double.appendFaults.next({ fault: 'drop_reply', written: false }, 2);
    await expect(append(store)).rejects.toMatchObject(unknown);
    await expect(append(store)).rejects.toMatchObject(unknown);
    await append(store);
    expect(appender.replaced).toBe(1);
    await giveBack();
  });

  it('outlive a connection that breaks while many large ones wait to be sent', async () => {
    const store = open();
    await append(store);
    double.freeze();
    const large = Array.from({ length: 40 }, () => append(store, propose(1, { pad: 'x'.repeat(400_000) })));
    const outcomes = Promise.allSettled(large);
    await sleep(50);
    double.disconnect();
    for (const outcome of await outcomes) expect(outcome).toMatchObject({ reason: unknown });
    double.thaw();
    await append(store).catch(() => append(store));
  });

  it.each([
    [{ fault: 'not_ready' }, 'UnknownOutcomeFault'],
    [{ fault: 'busy' }, 'UnknownOutcomeFault'],
    [{ fault: 'not_leader', leader: undefined }, 'UnknownOutcomeFault'],
    [{ fault: 'timeout', written: true }, 'UnknownOutcomeFault'],
    [{ fault: 'unknown', written: false }, 'UnknownOutcomeFault'],
    [{ fault: 'reset', written: true }, 'UnknownOutcomeFault'],
    [{ fault: 'disconnect', written: true }, 'UnknownOutcomeFault'],
    [{ fault: 'disconnect', written: false }, 'UnknownOutcomeFault'],
    [{ fault: 'go_away', written: true }, 'UnknownOutcomeFault'],
    [{ fault: 'access_denied' }, 'AppendRefusedDefect'],
  ] as const)('D8: name %j, and the repeat converges', async (fault, name) => {
    const store = open();
    const events = propose(1);
    double.appendFaults.next(fault);
    // After GOAWAY the answer may still come.
    const first = await append(store, events, stream).catch((error: unknown) => error);
    if (fault.fault !== 'go_away' || first instanceof Error) expect(first).toMatchObject({ name });
    for (const end = performance.now() + 60_000; ;) {
      const again = await append(store, events, stream).catch((error: unknown) => error);
      if (!(again instanceof Error)) break;
      expect(again).toMatchObject(unknown);
      expect(performance.now()).toBeLessThan(end);
    }
    expect(idsOf(await collect(store.readStream(stream)))).toEqual(idsOf(events));
  });

  it('D9: pass by a clock that is 23 hours behind the server’s, which is told where it is further behind', async () => {
    const store = open();
    double.setClockSkew(23 * 3_600_000);
    await append(store);
    await store.ready();
    double.setClockSkew(30 * 3_600_000);
    const client = EventStoreDBClient.connectionString(double.connectionString);
    await client.appendToStream('other', jsonEvent({ type: 'Other', data: {} }), { deadline: 40 * 3_600_000 });
    await client.dispose();
    await expect(store.ready()).rejects.toThrow('The clock of this machine is at least 2');
  });

  it('D12: go on after a failed look-up of what the server supports', async () => {
    const store = open();
    double.featureFaults.next({ fault: 'unknown' });
    await expect(append(store)).rejects.toMatchObject(unknown);
    await append(store);
    const other = open({ url: `${double.connectionString}&nodePreference=leader` });
    double.featureFaults.next({ fault: 'unknown' });
    await expect(other.ready()).rejects.toMatchObject({ name: 'StoreUnavailableFault' });
    await other.ready();
  });

  it('end as unknown when the store is disposed of, whatever the server does', async () => {
    const store = open({ appendTimeoutMs: 60_000 });
    await append(store);
    double.freeze();
    const appends = Promise.allSettled(Array.from({ length: 100 }, () => append(store)));
    const began = performance.now();
    await store.dispose();
    for (const outcome of await appends) expect(outcome).toMatchObject({ reason: unknown });
    expect(performance.now() - began).toBeLessThan(4000);
    await expect(append(store)).rejects.toMatchObject(unknown);
  });

  it('wait for their turn, and are refused where too many wait', async () => {
    const store = open({ queueLengthMax: 10, appendTimeoutMs: 60_000 });
    await append(store);
    double.freeze();
    const appends = Array.from({ length: 80 }, () => append(store).catch((error: unknown) => error));
    const refused = await Promise.race([...appends, sleep(30_000, undefined, { ref: false })]);
    expect(refused).toMatchObject({ name: 'StoreOverloadedFault' });
    double.thaw();
    const outcomes = await Promise.all(appends);
    expect(outcomes.filter((outcome) => outcome instanceof Error)).toHaveLength(80 - 64 - 10);
  });
});

describe('reads from EventStoreDB', () => {
  it('leave no call open and reset none, however many are left early', async () => {
    const store = open();
    await append(store, propose(130), stream);
    for (let round = 0; round < 30; round++) {
      await Promise.all(
        Array.from({ length: 50 }, async (_, index) => {
          if (index % 3 === 0) await expect(collect(store.readStream('acme.account-none'))).rejects.toThrow('has no events');
          else expect((await first(index % 3 === 1 ? store.readAll() : store.readStream(stream)))?.revision).toBe(0n);
        }),
      );
    }
    expect(await collect(store.readStream(stream))).toHaveLength(130);
  });

  it('outlive a connection that breaks after the reader has left', async () => {
    const store = open();
    await append(store, propose(500), stream);
    const readOne = async () => (await first(store.readStream(stream)))?.revision === 0n;
    for (let round = 0; round < 10; round++) {
      await eventually(readOne); // The connection may have to be made again.
      double.disconnect();
    }
    await eventually(async () => (await collect(store.readStream(stream))).length === 500);
  });

  it('deliver what something wrote behind the port, and hide what the server writes for itself', async () => {
    const store = open();
    const client = EventStoreDBClient.connectionString(double.connectionString);
    await client.appendToStream(stream, jsonEvent({ type: 'Hacked', data: { n: 1, a: null } }));
    await client.appendToStream(stream, {
      id: crypto.randomUUID(),
      type: 'Bytes',
      contentType: 'application/octet-stream',
      data: Buffer.from('{"a":"b" }'),
      metadata: undefined,
    });
    await client.dispose();
    double.makeNoise();
    const events = await collect(store.readAll());
    expect(events.map(({ type, data, metadata }) => [type, data, metadata])).toEqual([
      ['Hacked', '{"n":1,"a":null}', undefined],
      ['Bytes', '{"a":"b" }', undefined],
    ]);
    expect(idsOf(await collect(store.readAll({ direction: 'backwards' })))).toEqual(idsOf(events).toReversed());
    expect(await store.head()).toMatchObject({ position: events[1]?.position });
  });

  it('find the last event behind thousands of the server’s own', async () => {
    const store = open();
    const { position } = await append(store);
    for (let count = 0; count < 2000; count++) double.makeNoise();
    expect(await store.head()).toMatchObject({ position });
    const again = performance.now();
    expect(await store.head()).toMatchObject({ position });
    expect(performance.now() - again).toBeLessThan(100);
    const next = await append(store);
    expect(await store.head()).toMatchObject({ position: next.position });
  });
});

describe('subscriptions to EventStoreDB', () => {
  function follow(store: EventStore) {
    const seen: string[] = [];
    const subscription = store.subscribeAll({ from: 'start', handle: async ({ events }) => void seen.push(...idsOf(events)) });
    subscription.stopped.catch(() => undefined);
    return { seen, subscription };
  }

  it('lose and repeat nothing when the server drops the live reader again and again', async () => {
    const store = open();
    const readers = [follow(store), follow(store), follow(store)];
    await until(() => readers.every(({ subscription }) => subscription.state === 'live'));
    for (let round = 0; round < 40; round++) {
      await Promise.all(Array.from({ length: 5 }, () => append(store)));
      double.dropLiveReaders();
    }
    await append(store);
    const log = idsOf(await collect(store.readAll()));
    await until(() => readers.every(({ seen }) => seen.length >= log.length));
    for (const { seen, subscription } of readers) {
      expect(seen).toEqual(log);
      expect(subscription.state).toBe('live');
    }
    expect(drops).toBeGreaterThan(5);
  });

  it('resume at once after a drop', async () => {
    const store = open();
    const { seen, subscription } = follow(store);
    await until(() => subscription.state === 'live');
    await append(store);
    await until(() => seen.length === 1);
    double.dropLiveReaders();
    const began = performance.now();
    await append(store);
    await until(() => seen.length === 2);
    expect(performance.now() - began).toBeLessThan(500);
  });

  it('share one call to the server', async () => {
    const store = open();
    const readers = Array.from({ length: 10 }, () => follow(store));
    await until(() => readers.every(({ subscription }) => subscription.state === 'live'));
    await append(store);
    await until(() => readers.every(({ seen }) => seen.length === 1));
    expect(double.dropLiveReaders()).toBe(1);
  });

  it('show that they reconnect while the server is away, and go on where they were', async () => {
    const store = open();
    const { seen, subscription } = follow(store);
    await append(store);
    await until(() => seen.length === 1);
    await double.kill();
    await until(() => subscription.state === 'reconnecting');
    await double.restart({ notReadyMs: 300 });
    await eventually(async () => append(store).then(() => true));
    const log = idsOf(await collect(store.readAll()));
    await until(() => seen.length >= log.length);
    expect(seen).toEqual(log);
    await until(() => subscription.state === 'live');
  });

  it('end when the store is set back behind them, and when another store takes its place', async () => {
    const store = open();
    await append(store);
    const copy = double.backup();
    await append(store, propose(5));
    const reader = follow(store);
    await until(() => reader.seen.length === 6);
    await double.restore(copy);
    await expect(reader.subscription.stopped).rejects.toMatchObject({ name: 'PositionBeyondHeadFault' });
    const next = follow(store);
    await until(() => next.seen.length === 1);
    const port = double.port;
    await double.stop();
    double = await EventStoreDBDouble.start({ port });
    await expect(next.subscription.stopped).rejects.toMatchObject({ name: 'PositionBeyondHeadFault' });
    await eventually(async () => append(store).then(() => true));
    const third = follow(store);
    await until(() => third.seen.length === 1);
  });
});

/** Leaves a read after its first event. */
async function first(events: AsyncIterable<StoredEvent>): Promise<StoredEvent | undefined> {
  for await (const event of events) return event;
  return undefined;
}

/** Waits for a condition that may fail meanwhile. */
async function eventually(condition: () => Promise<boolean>, deadlineMs = 60_000): Promise<void> {
  for (const end = performance.now() + deadlineMs; !(await condition().catch(() => false)); await sleep(20)) {
    if (performance.now() > end) throw new Error('The condition did not come true in time.');
  }
}
