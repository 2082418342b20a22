import { expect } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { canonicalJson } from '../../../services/event-store/domain/canonical-json.ts';
import type { Appended, AppendRequest } from '../../../services/event-store/domain/event-store.ts';
import { appendUntilKnown, readUntilBack } from './insist.ts';
import type { AppendFault } from './engine.ts';
import { collect, expectFresh, expectRepeat, propose, revisionsOf, revisionsUpTo } from './events.ts';
import { appendAt, appendLength } from './numbered-appends.ts';
import { startProcess } from './processes/start-process.ts';
import { promise } from './promise.ts';
import type { Trial } from './trial.ts';

const unknownOutcome = { name: 'UnknownOutcomeFault', retryable: true };

/** Sends an append into a fault, heals it, and repeats. Answers what the repeat said: it must have converged on one write. */
async function convergeAfter(trial: Trial, fault: AppendFault): Promise<Appended> {
  const { store } = trial;
  const stream = trial.streamOf(fault.name.replaceAll(/[^a-z]/g, '-'));
  await appendUntilKnown(store, { stream, expected: 'no_stream', events: propose(1) });
  const request: AppendRequest = { stream, expected: 0n, events: propose(2) };
  await fault.begin();
  try {
    await expect(store.append(request)).rejects.toMatchObject(unknownOutcome);
  } catch (cause) {
    throw new Error(`Under the fault "${fault.name}" an append does not end as unknown.`, { cause });
  } finally {
    await fault.end();
  }
  const answer = await appendUntilKnown(store, request);
  const stored = await readUntilBack(() => collect(store.readStream(stream)));
  expect({ fault: fault.name, revisions: revisionsOf(stored) }).toEqual({ fault: fault.name, revisions: revisionsUpTo(3) });
  expect(answer).toMatchObject({ revision: 2n, position: stored[2]?.position });
  expectRepeat(await appendUntilKnown(store, request), answer);
  return answer;
}

/** What a writer was told before it or the store was killed is there; what it was not told can be repeated until it is there once. */
async function expectNothingLost({ store }: Trial, streams: readonly string[], lines: readonly string[]): Promise<void> {
  await Promise.all(
    streams.map(async (stream) => {
      const answered = lines.filter((line) => line.startsWith(`${stream} `)).map((line) => BigInt(line.split(' ')[2] as string));
      const inFlight = appendAt(stream, answered.length);
      const first = await store.append(inFlight);
      expectRepeat(await store.append(inFlight), first);
      const stored = await readUntilBack(() => collect(store.readStream(stream)));
      expect(revisionsOf(stored)).toEqual(revisionsUpTo(appendLength * (answered.length + 1)));
      answered.forEach((position, index) => expect(stored[appendLength * (index + 1) - 1]?.position).toBe(position));
      const ids = stored.map(({ id }) => id);
      expect(ids).toEqual(answered.concat(0n).flatMap((_, index) => appendAt(stream, index).events.map(({ id }) => id)));
    }),
  );
}

/** Promises 25 and 26: how an append can end, and what its caller does then. */
export const outcomePromises = [
  promise(25, 'ends as ok, conflict, too large or rejected, and says what may be sent again', async ({ store, stream }) => {
    expectFresh(await store.append({ stream, expected: 'no_stream', events: propose(1) }), { revision: 0n });
    const conflict = store.append({ stream, expected: 4n, events: propose(1) });
    await expect(conflict).rejects.toMatchObject({ name: 'ConflictFault', retryable: true, actual: 0n });
    const tooLarge = store.append({ stream, expected: 0n, events: propose(2, { pad: 'x'.repeat(600_000) }) });
    await expect(tooLarge).rejects.toMatchObject({ name: 'AppendRefusedDefect', reason: 'too_large' });
    const rejected = store.append({ stream, expected: 0n, events: [{ id: 'none', type: 'None/1', data: canonicalJson({}) }] });
    await expect(rejected).rejects.toMatchObject({ name: 'AppendRefusedDefect', reason: 'rejected' });
    expect(await collect(store.readStream(stream))).toHaveLength(1);
  }),

  promise(
    25,
    'ends as deleted for a stream that was deleted behind the port, for ever',
    async ({ engine, store, stream }) => {
      await store.append({ stream, expected: 'no_stream', events: propose(1) });
      await engine.tamper.tombstone(stream);
      const append = store.append({ stream, expected: 0n, events: propose(1) });
      await expect(append).rejects.toMatchObject({ name: 'StreamDeletedFault', retryable: false });
    },
    { needs: ['tamper'] },
  ),

  promise(
    25,
    'ends as unknown under every fault, and the repeat converges on one write',
    async (trial) => {
      const answers: Appended[] = [];
      for (const fault of trial.engine.appendFaults) answers.push(await convergeAfter(trial, fault));
      const fresh = new Set(answers.map(({ fresh }) => fresh));
      if (!fresh.has('unknown')) expect([...fresh].toSorted()).toEqual([false, true]); // Both kinds of fault were met.
    },
    { needs: ['appendFaults'], appendTimeoutMs: 500, timeoutMs: 300_000 },
  ),

  promise(
    25,
    'converges on one write when the store is killed in mid-append, 100 times',
    async (trial) => {
      const { store, engine } = trial;
      const clients = await trial.clients(2);
      let unknown = 0;
      for (let time = 0; time < 100; time++) {
        const streams = Array.from({ length: 8 }, (_, index) => trial.streamOf(`${time}x${index}`));
        let isKilled = false;
        const killAndRestart = async () => {
          await sleep(10 * Math.random());
          await engine.crash.kill();
          isKilled = true;
          await engine.crash.restart();
        };
        const writing = streams.map(async (stream, place) => {
          const answers: Appended[] = [];
          for (let index = 0; !isKilled || index === 0; index++) {
            const request = appendAt(stream, index);
            const client = clients[place % clients.length]!;
            answers.push(await client.append(request).catch(() => (unknown++, appendUntilKnown(client, request))));
          }
          return answers;
        });
        const [answers] = await Promise.all([Promise.all(writing), killAndRestart()]);
        await Promise.all(
          streams.map(async (stream, place) => {
            const stored = await readUntilBack(() => collect(store.readStream(stream)));
            expect(revisionsOf(stored)).toEqual(revisionsUpTo(appendLength * answers[place]!.length));
            answers[place]!.forEach(({ position }, index) => expect(stored[appendLength * (index + 1) - 1]?.position).toBe(position));
          }),
        );
      }
      expect(unknown).toBeGreaterThan(0);
    },
    { needs: ['crash'], timeoutMs: 300_000 },
  ),

  promise(
    25,
    'loses nothing that was answered when the writing process is killed in mid-append, 100 times',
    async (trial) => {
      let lines: string[] = [];
      const startWriter = (time: number) => {
        const streams = Array.from({ length: 8 }, (_, index) => trial.streamOf(`${time}x${index}`));
        return { streams, ...startProcess('writer.ts', trial.engine.process, streams) };
      };
      let next = startWriter(0);
      let answered = 0;
      for (let time = 1; time <= 100; time++) {
        const writer = next;
        if (time < 100) next = startWriter(time); // Starts while this one writes.
        lines = [];
        const linesMax = Math.floor(40 * Math.random());
        for await (const line of writer.lines()) if (lines.push(line) > linesMax) writer.child.kill('SIGKILL');
        await writer.exited;
        await expectNothingLost(trial, writer.streams, lines);
        answered += lines.length;
      }
      expect(answered).toBeGreaterThan(100);
    },
    { needs: ['process', 'processSharesLog'], timeoutMs: 300_000 },
  ),

  promise(
    26,
    'ends as unknown, and so does its repeat, while an append is not where it must be to last',
    async ({ engine, store, stream }) => {
      await appendUntilKnown(store, { stream, expected: 'no_stream', events: propose(1) });
      const request: AppendRequest = { stream, expected: 0n, events: propose(1) };
      await engine.unreplicated.begin();
      try {
        for (let time = 0; time < 2; time++) await expect(store.append(request)).rejects.toMatchObject(unknownOutcome);
      } finally {
        await engine.unreplicated.end();
      }
      const answer = await appendUntilKnown(store, request);
      expect(answer).toMatchObject({ revision: 1n });
      expect(await collect(store.readStream(stream))).toHaveLength(2);
    },
    { needs: ['unreplicated'], appendTimeoutMs: 500 },
  ),
];
