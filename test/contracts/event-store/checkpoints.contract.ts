import { expect } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import type { EventBatch } from '../../../services/event-store/domain/event-store.ts';
import { idsOf, positionsOf, until } from './events.ts';
import { startProcess, type StoreProcess } from './processes/start-process.ts';
import { promise } from './promise.ts';
import type { Trial } from './trial.ts';

const kills = 200;

/** What lasts of a consumer that is killed: what it handled, and the checkpoint that it wrote last. */
class ConsumerRecord {
  checkpoint: bigint;
  readonly handled = new Set<string>();
  runsWithRepeats = 0;

  constructor(checkpoint: bigint) {
    this.checkpoint = checkpoint;
  }

  /** Takes over what one run did; its lines come in the order in which it did it. */
  note(lines: readonly string[]): void {
    let previous = this.checkpoint;
    let repeated = false;
    for (const line of lines) {
      const [what, place, id = ''] = line.split(' ') as [string, string, string?];
      const position = BigInt(place);
      if (what === 'handled') {
        expect(position).toBeGreaterThan(previous); // In order, and nothing twice within a run.
        repeated ||= this.handled.has(id);
        this.handled.add(id);
        previous = position;
      } else {
        expect(position).toBeGreaterThanOrEqual(previous);
        this.checkpoint = position;
      }
    }
    if (repeated) this.runsWithRepeats++;
  }
}

/** Appends until told to stop. */
async function writeOn(trial: Trial, isOver: () => boolean): Promise<void> {
  for (let index = 0; !isOver(); index++) {
    await trial.create(`live${index}`, 1 + (index % 5));
    await sleep(10);
  }
}

/** Handles events in this process, and stops dead at a random one: its handler never returns, and nothing it held is used again. */
async function abandonAtRandom(trial: Trial, record: ConsumerRecord): Promise<void> {
  const lines: string[] = [];
  let left = Math.floor(40 * Math.random());
  const dead = Promise.withResolvers<void>();
  const say = (line: string) => {
    if (left-- > 0) return void lines.push(line);
    dead.resolve();
    return new Promise<void>(() => undefined);
  };
  const handle = async ({ events, checkpoint }: EventBatch) => {
    for (const { position, id } of events) await say(`handled ${position} ${id}`);
    await say(`checkpoint ${checkpoint}`);
  };
  const { subscription } = trial.subscribe({ from: { after: record.checkpoint }, batchSizeMax: 8, handle });
  await Promise.race([dead.promise, sleep(100)]);
  void subscription.unsubscribe();
  record.note(lines);
}

async function killAtRandom(consumer: StoreProcess, after: bigint): Promise<string[]> {
  const lines: string[] = [];
  let left = Math.floor(40 * Math.random());
  const begin = () => consumer.child.stdin?.write(`${after}\n`);
  const timer = setTimeout(() => consumer.child.kill('SIGKILL'), 2000);
  for await (const line of consumer.lines()) {
    if (line === 'ready') begin();
    else lines.push(line);
    if (left-- === 0) consumer.child.kill('SIGKILL');
  }
  clearTimeout(timer);
  await consumer.exited;
  return lines;
}

/** From its last checkpoint on, a last consumer handles the rest: then every event was handled. */
async function expectEverythingHandled(trial: Trial, record: ConsumerRecord): Promise<void> {
  const log = await trial.log();
  const { seen, batches } = trial.subscribe({ from: { after: record.checkpoint } });
  await until(() => (batches.at(-1)?.checkpoint ?? record.checkpoint) >= log.at(-1)!.position);
  for (const { id } of seen) record.handled.add(id);
  expect(log.filter(({ id }) => !record.handled.has(id))).toEqual([]);
  expect(record.runsWithRepeats).toBeGreaterThan(0);
}

/** Promises 48, 49 and 51 to 53: where a reader may go on. */
export const checkpointPromises = [
  promise(48, 'delivers again what was handled without a checkpoint', async (trial) => {
    await trial.create(1, 3);
    const first = trial.subscribe();
    await first.until(3);
    await first.subscription.unsubscribe();
    const again = trial.subscribe({ from: { after: first.seen[0]!.position } });
    await again.until(2);
    expect(idsOf(again.seen)).toEqual(idsOf(first.seen).slice(1));
  }),

  promise(48, 'delivers the same event again after a crash between its effect and its checkpoint', async (trial) => {
    await trial.create(1, 5);
    const effects: string[] = [];
    let checkpoint = trial.start.position;
    const handle = async (batch: EventBatch) => {
      effects.push(...idsOf(batch.events));
      if (effects.length === 3) throw new Error('A crash between effect and checkpoint.');
      checkpoint = batch.checkpoint;
    };
    const crashed = trial.subscribe({ handle, batchSizeMax: 1 });
    await expect(crashed.subscription.stopped).rejects.toThrow('between effect and checkpoint');
    trial.subscribe({ from: { after: checkpoint }, handle, batchSizeMax: 1 });
    await until(() => effects.length === 6);
    const ids = idsOf(await trial.log());
    expect(effects).toEqual([...ids.slice(0, 3), ...ids.slice(2)]);
  }),

  promise(
    49,
    'loses nothing when its consumer stops dead at random, 200 times',
    async (trial) => {
      for (let index = 0; index < 100; index++) await trial.create(index, 40);
      const record = new ConsumerRecord(trial.start.position);
      let isOver = false;
      const writing = writeOn(trial, () => isOver);
      for (let time = 0; time < kills; time++) await abandonAtRandom(trial, record);
      isOver = true;
      await writing;
      await expectEverythingHandled(trial, record);
    },
    { timeoutMs: 300_000 },
  ),

  promise(
    49,
    'loses nothing when the consuming process is killed at random, 200 times',
    async (trial) => {
      for (let index = 0; index < 100; index++) await trial.create(index, 40);
      const record = new ConsumerRecord(trial.start.position);
      let isOver = false;
      const writing = writeOn(trial, () => isOver);
      const start = () => startProcess('consumer.ts', trial.engine.process, [trial.prefix]);
      let next = start();
      for (let time = 1; time <= kills; time++) {
        const consumer = next;
        if (time < kills) next = start(); // Starts while this one works.
        record.note(await killAtRandom(consumer, record.checkpoint));
      }
      isOver = true;
      await writing;
      await expectEverythingHandled(trial, record);
    },
    { needs: ['process', 'processSharesLog'], timeoutMs: 300_000 },
  ),

  promise(51, 'advances the checkpoint over what the filter leaves out, so that a restart costs little', async (trial) => {
    await trial.create('wanted', 1);
    for (let index = 0; index < 100; index++) await trial.create(`other${index}`, 100);
    const filter = { streamPrefixes: [trial.streamOf('wanted')] };
    const log = await trial.log();
    expect(log).toHaveLength(10_001);
    const first = trial.subscribe({ filter });
    const near = log.at(-200)!.position;
    await until(() => (first.batches.at(-1)?.checkpoint ?? 0n) >= near);
    await first.subscription.unsubscribe();
    expect(first.seen).toHaveLength(1);
    expect(first.batches.length).toBeGreaterThan(1);
    let isCaughtUp = false;
    const checkpoint = first.batches.at(-1)!.checkpoint;
    const again = trial.subscribe({ filter, from: { after: checkpoint }, caughtUp: () => (isCaughtUp = true) });
    await until(() => isCaughtUp);
    const { position } = await trial.create('wanted2', 1);
    await until(() => again.seen.some((event) => event.position === position));
    expect(again.seen).toHaveLength(1);
    expect(again.batches.length).toBeLessThan(20);
  }),

  promise(52, 'hands out no checkpoint beyond what is handled, but for events that the filter leaves out', async (trial) => {
    for (let index = 0; index < 60; index++) await trial.create(`${index % 3 === 0 ? 'wanted' : 'other'}${index}`, 17);
    const log = await trial.log();
    const prefix = trial.streamOf('wanted');
    const wanted = positionsOf(log.filter(({ stream }) => stream.startsWith(prefix)));
    const handled: bigint[] = [];
    let previous = trial.start.position;
    const handle = async ({ events, checkpoint }: EventBatch) => {
      await sleep(2);
      handled.push(...positionsOf(events)); // From here on they are handled.
      expect(handled).toEqual(wanted.filter((position) => position <= checkpoint));
      expect(checkpoint).toBeGreaterThanOrEqual(previous);
      previous = checkpoint;
    };
    const { subscription } = trial.subscribe({ filter: { streamPrefixes: [prefix] }, handle, batchSizeMax: 16 });
    let stopped: unknown;
    subscription.stopped.catch((error: unknown) => (stopped = error));
    await until(() => handled.length === wanted.length || stopped !== undefined);
    expect(stopped).toBeUndefined();
  }),

  promise(53, 'stops with the error of a failing handler, and skips nothing', async (trial) => {
    await trial.create(1, 5);
    const failures = [
      async () => {
        await sleep(1);
        throw new Error('The handler failed.');
      },
      () => {
        throw new Error('The handler failed.'); // Before it answers a promise.
      },
    ];
    for (const [time, fail] of failures.entries()) {
      let calls = 0;
      const handle = () => {
        calls++;
        return fail();
      };
      const subscription = trial.store.subscribeAll({ from: { after: trial.start.position }, handle, batchSizeMax: 1 });
      await expect(subscription.stopped).rejects.toThrow('The handler failed.');
      await trial.create(`after${time}`);
      await sleep(20);
      expect(calls).toBe(1);
      expect(subscription.state).toBe('stopped');
    }
  }),

  promise(53, 'stops with the error of a failing caughtUp', async (trial) => {
    await trial.create(1);
    const caughtUp = () => {
      throw new Error('The callback failed.');
    };
    const { subscription } = trial.subscribe({ caughtUp });
    await expect(subscription.stopped).rejects.toThrow('The callback failed.');
    expect(subscription.state).toBe('stopped');
  }),
];
