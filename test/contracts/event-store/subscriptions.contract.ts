import { expect } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import type { EventBatch } from '../../../services/event-store/domain/event-store.ts';
import { appendUntilKnown } from './insist.ts';
import { heapAfterCollection } from './heap.ts';
import { idsOf, positionsOf, propose, until } from './events.ts';
import { promise } from './promise.ts';
import type { Trial } from './trial.ts';

const strictlyIncreasing = (positions: readonly bigint[]) =>
  positions.every((position, index) => index === 0 || position > positions[index - 1]!);

/** Subscribes and waits until all there was is handled. */
async function subscribeLive(trial: Trial) {
  const watched = trial.subscribe();
  await until(() => watched.subscription.state === 'live');
  return watched;
}

/** Promises 45 to 47, 50 and 54 to 58: what a subscription delivers, and how it lives. */
export const subscriptionPromises = [
  promise(45, 'begins at the start, at the end, or after a position, exclusive', async (trial) => {
    const { position } = await trial.create(1);
    await trial.create(2);
    const start = trial.subscribe({ from: 'start' });
    const after = trial.subscribe({ from: { after: position } });
    let isAtEnd = false;
    const end = trial.subscribe({ from: 'end', caughtUp: () => (isAtEnd = true) });
    await until(() => isAtEnd);
    await trial.create(3);
    await Promise.all([start.until(3), after.until(2), end.until(1)]);
    const log = idsOf(await trial.log());
    expect(idsOf(start.seen)).toEqual(log);
    expect(idsOf(after.seen)).toEqual(log.slice(1));
    expect(idsOf(end.seen)).toEqual(log.slice(2));
  }),

  promise(46, 'fails at a start beyond the head', async (trial) => {
    const { position } = await trial.create(1);
    const { subscription, batches } = trial.subscribe({ from: { after: position + 2n ** 50n } });
    await expect(subscription.stopped).rejects.toMatchObject({ name: 'PositionBeyondHeadFault', retryable: false });
    expect(subscription.state).toBe('stopped');
    expect(batches).toEqual([]);
  }),

  promise([47, 55], 'delivers each event once, in order, from catch-up to live with writers at work', async (trial) => {
    for (let index = 0; index < 20; index++) await trial.create(`early${index}`, 50);
    const clients = await trial.clients(2);
    const { seen, batches, until: untilSeen } = trial.subscribe({ batchSizeMax: 64 });
    const write = async (writer: number, appends: number, length: number) => {
      for (let index = 0; index < appends; index++) {
        const stream = trial.streamOf(`${writer}x${index}`);
        await appendUntilKnown(clients[writer % 2]!, { stream, expected: 'no_stream', events: propose(length) });
      }
    };
    // Many small appends, and few large ones: an engine may drop a live reader that lags.
    await Promise.all([write(0, 20, 100), ...Array.from({ length: 8 }, (_, writer) => write(writer + 1, 60, 1 + (writer % 4) * 5))]);
    const log = await trial.log();
    await untilSeen(log.length);
    await sleep(50);
    expect(idsOf(seen).join()).toBe(idsOf(log).join());
    expect(strictlyIncreasing(positionsOf(seen))).toBe(true);
    expect(batches.every(({ events }) => events.length <= 64)).toBe(true);
  }),

  promise(50, 'filters by prefixes of stream or of type, case-sensitive, joined by or', async (trial) => {
    const { store, slug } = trial;
    const names = [`${slug}.account-1`, `${slug}.accounts-1`, `${slug}x.account-1`, `${slug}.invoice-1`];
    const type = `${slug.toUpperCase()}Happened/1`;
    for (const stream of names) await store.append({ stream, expected: 'no_stream', events: propose(1) });
    await store.append({ stream: `other.account-${slug}`, expected: 'no_stream', events: propose(1).map((event) => ({ ...event, type })) });
    const [account, accounts, longer, invoice] = names as [string, string, string, string];
    const cases: [filter: { streamPrefixes?: string[]; typePrefixes?: string[] }, streams: string[]][] = [
      [{ streamPrefixes: [`${slug}.`] }, [account, accounts, invoice]],
      [{ streamPrefixes: [`${slug}.account-`] }, [account]],
      [{ streamPrefixes: [`${slug}.invoice`, `${slug}x.`] }, [longer, invoice]],
      [{ streamPrefixes: [slug.toUpperCase()] }, []],
      [{ typePrefixes: [type] }, [`other.account-${slug}`]],
      [{ typePrefixes: [type.toLowerCase()] }, []],
      [{ streamPrefixes: [`${slug}x.`], typePrefixes: [type.slice(0, -2)] }, [longer, `other.account-${slug}`]],
      [{ streamPrefixes: ['.*'], typePrefixes: ['['] }, []],
    ];
    const marker = `${slug}z.account-1`;
    const { position } = await store.append({ stream: marker, expected: 'no_stream', events: propose(1) });
    for (const [filter, expected] of cases) {
      expect((await trial.log({ filter })).map(({ stream }) => stream)).toEqual(expected);
      const watched = trial.subscribe({ filter: { ...filter, streamPrefixes: [...(filter.streamPrefixes ?? []), marker] } });
      await until(() => (watched.batches.at(-1)?.checkpoint ?? 0n) >= position);
      expect(watched.seen.map(({ stream }) => stream)).toEqual([...expected, marker]);
    }
  }),

  promise(54, 'says that it caught up when everything up to the head is handled, not merely read', async (trial) => {
    await trial.create(1, 30);
    let handled = 0;
    let handledWhenCaughtUp = -1;
    const handle = async ({ events }: EventBatch) => {
      await sleep(5);
      handled += events.length;
    };
    const { subscription } = trial.subscribe({ handle, batchSizeMax: 10, caughtUp: () => (handledWhenCaughtUp = handled) });
    await until(() => handledWhenCaughtUp >= 0);
    expect(handledWhenCaughtUp).toBe(30);
    expect(subscription.state).toBe('live');
  }),

  promise(54, 'is caught up at once where there is nothing to read: at the end, and after the last event', async (trial) => {
    let caughtUp = 0;
    trial.subscribe({ caughtUp: () => caughtUp++ });
    trial.subscribe({ from: 'end', caughtUp: () => caughtUp++ });
    await until(() => caughtUp >= 2);
    const { position } = await trial.create(1);
    let caughtUpAfter = 0;
    trial.subscribe({ from: { after: position }, caughtUp: () => caughtUpAfter++ });
    await until(() => caughtUpAfter >= 1);
  }),

  promise(56, 'hands a slow reader one batch at a time, none larger than asked for', async (trial) => {
    await trial.create(1, 100);
    let atWork = 0;
    let atWorkMax = 0;
    const handle = async () => {
      atWorkMax = Math.max(atWorkMax, ++atWork);
      await sleep(1);
      atWork--;
    };
    const watched = trial.subscribe({ handle, batchSizeMax: 7 });
    await watched.until(100);
    expect(atWorkMax).toBe(1);
    expect(Math.max(...watched.batches.map(({ events }) => events.length))).toBeLessThanOrEqual(7);
  }),

  promise(56, 'does not grow memory under a reader that stands still', async (trial) => {
    const events = 500; // Of 100 kB each: 50 MB in all.
    for (let index = 0; index < events / 10; index++) {
      await trial.store.append({
        stream: trial.streamOf(index),
        expected: 'no_stream',
        events: propose(10, { pad: `${index}`.padEnd(100_000, 'x') }),
      });
    }
    const before = heapAfterCollection();
    const standing = Promise.withResolvers<void>();
    let handled = 0;
    const subscription = trial.store.subscribeAll({
      from: { after: trial.start.position },
      filter: { streamPrefixes: [trial.prefix] },
      batchSizeMax: 10,
      handle: async (batch) => {
        handled += batch.events.length;
        await standing.promise;
      },
    });
    await until(() => handled > 0);
    await sleep(1000); // As long as an eager reader would need for all of it.
    const grown = heapAfterCollection() - before;
    standing.resolve();
    await until(() => handled === events);
    await subscription.unsubscribe();
    expect(grown).toBeLessThan(25_000_000);
  }),

  promise(
    57,
    'reconnects after a loss of connection, says so meanwhile, and goes on after the last handled event',
    async (trial) => {
      const { engine } = trial;
      await trial.create('early', 5);
      const watched = await subscribeLive(trial);
      for (let time = 0; time < 3; time++) {
        await engine.outage.begin();
        await until(() => watched.subscription.state === 'reconnecting');
        await engine.outage.end();
        const stream = trial.streamOf(time);
        await appendUntilKnown(trial.store, { stream, expected: 'no_stream', events: propose(5) });
        await watched.until(5 * (time + 2));
        await until(() => watched.subscription.state === 'live');
      }
      expect(idsOf(watched.seen)).toEqual(idsOf(await trial.log()));
    },
    { needs: ['outage'] },
  ),

  promise(
    57,
    'unsubscribes within a second while the store is away',
    async (trial) => {
      const { subscription } = await subscribeLive(trial);
      await trial.engine.outage.begin();
      await until(() => subscription.state === 'reconnecting');
      const began = performance.now();
      await subscription.unsubscribe();
      expect(performance.now() - began).toBeLessThan(1500);
      expect(subscription.state).toBe('stopped');
      await trial.engine.outage.end();
    },
    { needs: ['outage'] },
  ),

  promise(57, 'unsubscribes within a second, again and again, even under a handler that never ends', async (trial) => {
    await trial.create(1);
    const { subscription: idle } = await subscribeLive(trial);
    await idle.unsubscribe();
    await idle.unsubscribe();
    await idle.stopped;
    expect(idle.state).toBe('stopped');
    const stuck = trial.subscribe({ handle: () => new Promise<void>(() => undefined) });
    await stuck.until(1);
    const began = performance.now();
    await stuck.subscription.unsubscribe();
    expect(performance.now() - began).toBeLessThan(1500);
  }),

  promise(57, 'hands out nothing more once it is unsubscribed', async (trial) => {
    const watched = await subscribeLive(trial);
    await watched.subscription.unsubscribe();
    await trial.create(1, 3);
    await sleep(100);
    expect(watched.seen).toEqual([]);
  }),

  promise(
    58,
    'never hands out what the engine writes for itself, under any filter, and passes it over',
    async (trial) => {
      await trial.create(1, 2);
      const from = { after: trial.start.position };
      const everything = trial.subscribe({ from, filter: {} });
      const byType = trial.subscribe({ from, filter: { typePrefixes: ['$', 'Account'] } });
      await trial.engine.noise();
      await trial.create(2, 2);
      await trial.engine.noise();
      const { position } = await trial.create(3, 2);
      for (const { seen, batches } of [everything, byType]) {
        await until(() => (batches.at(-1)?.checkpoint ?? 0n) >= position);
        expect(idsOf(seen.filter(({ stream }) => stream.startsWith(trial.prefix)))).toEqual(idsOf(await trial.log()));
        expect(seen.filter(({ stream, type }) => stream.startsWith('$') || type.startsWith('$'))).toEqual([]);
      }
      const all = await trial.log({ filter: {} });
      expect(all.filter(({ stream, type }) => stream.startsWith('$') || type.startsWith('$'))).toEqual([]);
    },
    { needs: ['noise'] },
  ),
];
