import { expect } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import type { EventStore, StoredEvent } from '../../../services/event-store/domain/event-store.ts';
import { appendUntilKnown } from './insist.ts';
import { idsOf, positionsOf, propose, revisionsOf, revisionsUpTo } from './events.ts';
import { promise } from './promise.ts';
import type { Trial } from './trial.ts';

const writers = 8;
const appendLength = 10;

/** Begins a stream and extends it, append by append, with pauses of a random length. */
async function write(store: EventStore, stream: string, appends: number): Promise<void> {
  for (let index = 0; index < appends; index++) {
    const expected = index === 0 ? 'no_stream' : BigInt(appendLength * index - 1);
    await appendUntilKnown(store, { stream, expected, events: propose(appendLength) });
    if (Math.random() < 0.05) await sleep(3 * Math.random());
  }
}

/** Reads page after page from its cursor on, until a page that began after the writers ended is the last. Answers what it saw. */
async function page(trial: Trial, reader: EventStore, isWriting: () => boolean): Promise<StoredEvent[]> {
  const seen: StoredEvent[] = [];
  for (let isLast = false; ;) {
    const cursor = seen.at(-1)?.position;
    const events = await trial.log({ maxCount: 500, ...(cursor !== undefined && { fromPosition: cursor }) }, reader);
    const next = events.filter(({ position }) => cursor === undefined || position > cursor);
    seen.push(...next);
    if (next.length > 0) continue;
    if (isLast) return seen;
    isLast = !isWriting();
    await sleep(5);
  }
}

/** Pages the log beside eight writers, with two readers: neither may see an event appear behind its cursor. */
async function pageBesideWriters(trial: Trial, events: number): Promise<void> {
  const clients = await trial.clients(4);
  const appends = events / writers / appendLength;
  let isWriting = true;
  const readers = [clients[0]!, clients[3]!].map((reader) => page(trial, reader, () => isWriting));
  const writing = Array.from({ length: writers }, (_, writer) => write(clients[writer % 4]!, trial.streamOf(writer), appends));
  await Promise.all(writing).finally(() => (isWriting = false));
  const log = await trial.log();
  expect(log).toHaveLength(events);
  for (const seen of await Promise.all(readers)) expect(idsOf(seen).join()).toBe(idsOf(log).join());
  const streams = Map.groupBy(log, ({ stream }) => stream);
  expect(streams.size).toBe(writers);
  for (const stored of streams.values()) expect(revisionsOf(stored)).toEqual(revisionsUpTo(events / writers));
}

/** Promises 39, 43 and 44: the order of the log. */
export const logOrderPromises = [
  promise(39, 'reads the log in commit order, backwards as the exact mirror, page after page', async (trial) => {
    const answered: bigint[] = [];
    for (let index = 0; index < 30; index++) answered.push((await trial.create(index, 90)).position);
    const forwards = await trial.log();
    expect(forwards).toHaveLength(2700);
    expect(positionsOf(forwards.filter((_, index) => index % 90 === 89))).toEqual(answered);
    expect(await trial.log({ direction: 'backwards', maxCount: 2700 })).toEqual(forwards.toReversed());
    for (const maxCount of [0, 1, 7, 1000, 1001]) {
      expect(idsOf(await trial.log({ maxCount }))).toEqual(idsOf(forwards.slice(0, maxCount)));
      expect(idsOf(await trial.log({ maxCount, direction: 'backwards' }))).toEqual(idsOf(forwards.toReversed().slice(0, maxCount)));
    }
  }),

  promise(
    [43, 44],
    'never shows a reader beside 8 writers an event behind its cursor, over 50,000 events',
    async (trial) => pageBesideWriters(trial, 50_000),
    { timeoutMs: 300_000 },
  ),

  promise(
    [43, 44],
    'never does so either when commits wait between their position and their visibility',
    async (trial) => {
      await trial.engine.slowCommits();
      await pageBesideWriters(trial, 8000);
    },
    { needs: ['slowCommits'], timeoutMs: 300_000 },
  ),
];
