import { expect } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { loadAggregate } from '../../../services/commands/application/live-aggregate.ts';
import { EventTypes } from '../../../services/event-store/domain/event-types.ts';
import type { AppendRequest } from '../../../services/event-store/domain/event-store.ts';
import { StoreFault } from '../../../services/event-store/domain/faults.ts';
import { withClientClock } from './client-clock.ts';
import { collect, expectRepeat, idsOf, ledgerMetadata, positionsOf, propose, revisionsOf } from './events.ts';
import { linesOf, startProcess } from './processes/start-process.ts';
import { promise } from './promise.ts';
import type { Trial } from './trial.ts';

const hourMs = 3_600_000;

/** Appends, repeats, reads and subscribes: all of it must work as ever. */
async function expectOrdinaryWork(trial: Trial, name: string): Promise<void> {
  const { store } = trial;
  const stream = trial.streamOf(name);
  const watched = trial.subscribe();
  const request: AppendRequest = { stream, expected: 'no_stream', events: propose(2) };
  const first = await store.append(request);
  expectRepeat(await store.append(request), first);
  await store.append({ stream, expected: 1n, events: propose(1) });
  await expect(store.append({ stream, expected: 1n, events: propose(1) })).rejects.toMatchObject({ name: 'ConflictFault', actual: 2n });
  expect(revisionsOf(await collect(store.readStream(stream)))).toEqual([0n, 1n, 2n]);
  const log = await trial.log();
  await watched.until(log.length);
  expect(idsOf(watched.seen)).toEqual(idsOf(log));
  await store.ready();
}

const createdBy = async ({ store }: Trial, stream: string) =>
  (await collect(store.readStream(stream))).map(({ createdAt }) => createdAt.getTime());

/** Promises 63 to 66, 68 and 70: clocks, readiness, the end of a client, the identity of a store. */
export const operationPromises = [
  promise(63, 'keeps the time of the first write, in whole milliseconds, whatever repeats it', async (trial) => {
    const { store, stream } = trial;
    const request: AppendRequest = { stream, expected: 'no_stream', events: propose(2) };
    await store.append(request);
    const created = await createdBy(trial, stream);
    expect(created.every(Number.isInteger)).toBe(true);
    for (const time of created) expect(Math.abs(time - Date.now())).toBeLessThan(60_000);
    await sleep(20);
    await store.append(request);
    expect(await createdBy(trial, stream)).toEqual(created);
    expect((await trial.log()).map(({ createdAt }) => createdAt.getTime())).toEqual(created);
  }),

  promise(
    [63, 64],
    'changes nothing but that time when the store is an hour off in either direction',
    async (trial) => {
      const { engine } = trial;
      await expectOrdinaryWork(trial, 'before');
      for (const [name, skew] of Object.entries({ ahead: hourMs, behind: -hourMs })) {
        await engine.skewStoreClock(skew);
        await expectOrdinaryWork(trial, name);
        for (const time of await createdBy(trial, trial.streamOf(name))) expect(Math.abs(time - skew - Date.now())).toBeLessThan(60_000);
      }
      const log = await trial.log();
      const created = log.map(({ createdAt }) => createdAt.getTime());
      expect(created).not.toEqual(created.toSorted((left, right) => left - right)); // Not monotone,
      expect(positionsOf(log)).toEqual(positionsOf(log).toSorted((left, right) => (left < right ? -1 : 1))); // which moves no event.
    },
    { needs: ['skewStoreClock'] },
  ),

  promise(64, 'works as ever when the client is an hour ahead', (trial) =>
    withClientClock(hourMs, () => expectOrdinaryWork(trial, 'ahead')),
  ),

  promise(
    64,
    'works as ever when the client is an hour behind',
    (trial) => withClientClock(-hourMs, () => expectOrdinaryWork(trial, 'behind')),
    {
      needs: ['lateClientClock'],
    },
  ),

  promise(65, 'is ready when it takes appends and reads', async (trial) => {
    await trial.store.ready();
    await trial.create(1);
    await trial.store.ready();
    expect(await trial.log()).toHaveLength(1); // To ask changes nothing of the ledger.
  }),

  promise(
    65,
    'is not ready while the store is away, and is again when it is back',
    async ({ engine, store }) => {
      await store.ready();
      await engine.outage.begin();
      await expect(store.ready()).rejects.toMatchObject({ name: 'StoreUnavailableFault', retryable: true });
      await engine.outage.end();
      const faults: unknown[] = [];
      let isReady = false;
      while (!isReady && faults.length < 500) {
        await store.ready().then(
          () => (isReady = true),
          (error: unknown) => faults.push(error),
        );
        await sleep(10);
      }
      expect(isReady).toBe(true);
      for (const fault of faults) expect(fault).toMatchObject({ name: 'StoreUnavailableFault', retryable: true });
    },
    { needs: ['outage'] },
  ),

  promise(66, 'settles open calls when it is disposed of, those without an answer as unknown', async (trial) => {
    const { store } = trial;
    await trial.create('first', 10);
    const appends = Promise.allSettled(Array.from({ length: 50 }, (_, index) => trial.create(index)));
    const reads = Promise.allSettled([trial.log(), collect(store.readStream(trial.streamOf('first'))), store.head()]);
    const { subscription } = trial.subscribe();
    await store.dispose();
    for (const append of await appends) {
      if (append.status === 'rejected') expect(append.reason).toMatchObject({ name: 'UnknownOutcomeFault' });
    }
    for (const read of await reads) if (read.status === 'rejected') expect(read.reason).toBeInstanceOf(StoreFault);
    await subscription.stopped;
    expect(subscription.state).toBe('stopped');
    await expect(trial.create('late')).rejects.toMatchObject({ name: 'UnknownOutcomeFault' });
    await expect(store.head()).rejects.toMatchObject({ name: 'StoreUnavailableFault' });
    await expect(trial.log()).rejects.toMatchObject({ name: 'StoreUnavailableFault' });
    await expect(store.ready()).rejects.toMatchObject({ name: 'StoreUnavailableFault' });
    expect(() => store.subscribeAll({ from: 'start', handle: async () => undefined })).toThrow(StoreFault);
    await store.dispose();
  }),

  promise(
    66,
    'lets its process exit when it is disposed of with calls under way',
    async (trial) => {
      const leaver = startProcess('leaver.ts', trial.engine.process, [trial.prefix]);
      const watchdog = setTimeout(() => leaver.child.kill('SIGKILL'), 15_000);
      const lines = await linesOf(leaver);
      clearTimeout(watchdog);
      expect(lines.at(-1)).toBe('disposed');
      expect(lines.filter((line) => line === 'subscription done')).toHaveLength(1);
      expect(lines.filter((line) => /^read (done|StoreUnavailableFault)$/.test(line))).toHaveLength(1);
      expect(lines.filter((line) => /^append (done|UnknownOutcomeFault)$/.test(line))).toHaveLength(50);
    },
    { needs: ['process'] },
  ),

  promise(68, 'answers the position of the last event, and a store id that stays', async (trial) => {
    const { storeId } = trial.start;
    expect(storeId).not.toBe('');
    for (let index = 0; index < 5; index++) {
      const { position } = await trial.create(index, 3);
      for (const client of await trial.clients(2)) {
        const head = await client.head();
        expect(head.storeId).toBe(storeId);
        expect(head.position).toBeGreaterThanOrEqual(position); // Others may write to the same log,
        if (head.position > position) {
          const own = (await trial.log({ fromPosition: position }))[0];
          expect(own?.position).toBe(position); // but not to these streams.
        }
      }
    }
  }),

  promise(70, 'delivers an event of a type that nobody knows, and the codec refuses it before it is folded', async (trial) => {
    const { store, stream } = trial;
    const [known, unknown] = propose(2, { fin: {} }).map((event) => ({ ...event, metadata: ledgerMetadata }));
    await store.append({ stream, expected: 'no_stream', events: [known!, { ...unknown!, type: 'NeverHeardOf/9' }] });
    const watched = trial.subscribe();
    await watched.until(2);
    for (const seen of [watched.seen, await trial.log(), await collect(store.readStream(stream))]) {
      expect(seen.map(({ type }) => type)).toEqual(['AccountCharged/1', 'NeverHeardOf/9']);
    }
    let folded = 0;
    const aggregate = { initial: 0, evolve: () => ++folded, events: new EventTypes({ 'AccountCharged/1': [] }) };
    const load = loadAggregate({ store, snapshots: undefined, aggregate, stream, originAt: async () => 'ledger.test/1' });
    await expect(load).rejects.toMatchObject({ name: 'UnreadableEventFault', retryable: false, revision: 1n, type: 'NeverHeardOf/9' });
    expect(folded).toBe(1);
  }),
];
