import { expect } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { StoreFault } from '../../../services/event-store/domain/faults.ts';
import { collect, idsOf, positionsOf, revisionsOf, revisionsUpTo } from './events.ts';
import { promise } from './promise.ts';

/** Sockets, timers and the like that keep this process alive. */
const openResources = () => process.getActiveResourcesInfo().length;

/** Promises 35 to 38 and 40 to 42: what a reader asks for, and what it gets. */
export const readPromises = [
  promise(35, 'tells a missing stream from an empty range', async (trial) => {
    const { store, stream } = trial;
    await trial.create(1, 2);
    for (const options of [{}, { direction: 'backwards' }, { maxCount: 1 }, { fromRevision: 5n }] as const) {
      const read = collect(store.readStream(trial.streamOf(2), options));
      await expect(read).rejects.toMatchObject({ name: 'StreamNotFoundFault', retryable: false });
    }
    for (const fromRevision of [2n, 3n, 1000n]) expect(await collect(store.readStream(stream, { fromRevision }))).toEqual([]);
  }),

  promise(36, 'begins at fromRevision, inclusive', async (trial) => {
    const { store, stream } = trial;
    await trial.create(1, 5);
    expect(revisionsOf(await collect(store.readStream(stream, { fromRevision: 3n })))).toEqual([3n, 4n]);
    expect(revisionsOf(await collect(store.readStream(stream, { fromRevision: 0n })))).toEqual(revisionsUpTo(5));
    expect(revisionsOf(await collect(store.readStream(stream, { fromRevision: 1n, maxCount: 2 })))).toEqual([1n, 2n]);
  }),

  promise(37, 'reads backwards from the end, so that one event is the head', async (trial) => {
    const { store, stream } = trial;
    await trial.create(1, 3);
    expect(revisionsOf(await collect(store.readStream(stream, { direction: 'backwards' })))).toEqual([2n, 1n, 0n]);
    expect(revisionsOf(await collect(store.readStream(stream, { direction: 'backwards', maxCount: 1 })))).toEqual([2n]);
    expect(positionsOf(await trial.log({ direction: 'backwards', maxCount: 1 }))).toEqual(positionsOf(await trial.log()).slice(-1));
  }),

  promise(
    38,
    'frees everything when a reader leaves early, 10,000 times',
    async (trial) => {
      const { store, stream } = trial;
      await trial.create(1, 50);
      const leave = async (time: number) => {
        const fromPosition = trial.start.position;
        const events = time % 2 === 0 ? store.readStream(stream) : store.readAll(fromPosition === 0n ? {} : { fromPosition });
        for await (const event of events) {
          if (event.position > trial.start.position) expect(event.revision).toBe(0n);
          return;
        }
      };
      const leaveEight = (time: number) => Promise.all(Array.from({ length: 8 }, (_, index) => leave(time + index)));
      for (let time = 0; time < 400; time += 8) await leaveEight(time); // Whatever is kept for good is there after these.
      await sleep(50);
      const before = openResources();
      for (let time = 0; time < 10_000; time += 8) await leaveEight(time);
      await sleep(50);
      expect(openResources()).toBeLessThanOrEqual(before + 4);
      expect(await collect(store.readStream(stream))).toHaveLength(50);
    },
    { timeoutMs: 300_000 },
  ),

  promise(40, 'begins at a position, inclusive, and backwards at the end only', async (trial) => {
    const positions: bigint[] = [];
    for (let index = 0; index < 3; index++) positions.push((await trial.create(index)).position);
    expect(positionsOf(await trial.log({ fromPosition: positions[2]! }))).toEqual(positions.slice(2));
    expect(positionsOf(await trial.log({ fromPosition: positions[1]! }))).toEqual(positions.slice(1));
    expect(positionsOf(await trial.log({ fromPosition: positions[0]!, maxCount: 2 }))).toEqual(positions.slice(0, 2));
    expect(positionsOf(await trial.log({ direction: 'backwards', maxCount: 3 }))).toEqual(positions.toReversed());
  }),

  promise(41, 'hands out strictly increasing positions, with gaps', async (trial) => {
    const clients = await trial.clients(3);
    await Promise.all(Array.from({ length: 60 }, (_, index) => trial.create(index, 2, clients[index % 3])));
    const positions = positionsOf(await trial.log());
    expect(positions).toHaveLength(120);
    expect(positions.every((position, index) => index === 0 || position > positions[index - 1]!)).toBe(true);
    // The test stands for all code that adds one to a position: on every engine under test that must go wrong somewhere.
    expect(positions.some((position, index) => index > 0 && position > positions[index - 1]! + 1n)).toBe(true);
  }),

  promise(42, 'refuses a position that it did not hand out, or reads on from the next: never silently something else', async (trial) => {
    const { store } = trial;
    for (let index = 0; index < 10; index++) await trial.create(index, 2);
    const events = await trial.log();
    const positions = new Set(positionsOf(events));
    const strangers = positionsOf(events).flatMap((position) => (positions.has(position + 1n) ? [] : [position + 1n]));
    expect(strangers.length).toBeGreaterThan(0);
    for (const stranger of strangers) {
      const read = trial.log({ fromPosition: stranger }, store);
      const answer = await read.catch((error: unknown) => error);
      if (answer instanceof Error) expect(answer).toBeInstanceOf(StoreFault);
      else expect(idsOf(answer as typeof events)).toEqual(idsOf(events.filter(({ position }) => position > stranger)));
    }
  }),
];
