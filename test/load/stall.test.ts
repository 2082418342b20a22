import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AppendRequest, EventStore, StoredEvent } from '../../services/event-store/domain/event-store.ts';
import type { OpenEngine } from '../contracts/event-store/engine.ts';
import { collect, idsOf, propose, until } from '../contracts/event-store/events.ts';
import { eventStoreDBDoubleEngine } from '../contracts/event-store/eventstoredb-double.engine.ts';
import { appendUntilKnown, readUntilBack } from '../contracts/event-store/insist.ts';
import { postgresEngine } from '../contracts/event-store/postgres.engine.ts';

jest.setTimeout(180_000);

const stallMs = 30_000;
const writers = 4;
const engines = [postgresEngine(), eventStoreDBDoubleEngine];

/** Fills a stream until told to stop; answers what was answered. */
async function write(store: EventStore, stream: string, isOver: () => boolean): Promise<string[]> {
  const answered: string[] = [];
  for (let revision = 0n; !isOver(); revision++) {
    const request: AppendRequest = { stream, expected: revision === 0n ? 'no_stream' : revision - 1n, events: propose(1) };
    await appendUntilKnown(store, request);
    answered.push(...idsOf(request.events));
    await sleep(5);
  }
  return answered;
}

async function expectNothingLost({ store, appendFaults }: OpenEngine): Promise<void> {
  const stall = appendFaults?.find(({ name }) => name === 'the network stalls');
  if (stall === undefined) throw new Error('The engine cannot stall.');
  const slug = `t${randomBytes(7).toString('hex')}`;
  const seen: StoredEvent[] = [];
  const subscription = store.subscribeAll({
    from: 'start',
    filter: { streamPrefixes: [`${slug}.`] },
    handle: async ({ events }) => void seen.push(...events),
  });

  let isOver = false;
  const streams = Array.from({ length: writers }, (_, writer) => `${slug}.account-${writer}`);
  const writing = Promise.all(streams.map((stream) => write(store, stream, () => isOver)));
  await sleep(500);
  await stall.begin();
  await sleep(stallMs);
  await stall.end();
  await sleep(500);
  isOver = true;
  const answered = await writing;

  await until(() => seen.length >= answered.flat().length);
  for (const [writer, stream] of streams.entries()) {
    expect(answered[writer]?.length).toBeGreaterThan(1);
    expect(idsOf(await readUntilBack(() => collect(store.readStream(stream))))).toEqual(answered[writer]);
    expect(idsOf(seen.filter((event) => event.stream === stream))).toEqual(answered[writer]);
  }
  await subscription.unsubscribe();
}

describe('a network that stalls for 30 s before the store', () => {
  let opened: readonly OpenEngine[];
  beforeAll(async () => {
    opened = await Promise.all(engines.map((engine) => engine.open()));
  });
  afterAll(async () => {
    await Promise.all(opened.map((engine) => engine.close()));
    await Promise.all(engines.map((engine) => engine.close()));
  });

  it('loses nothing, writes nothing twice, and is read past without being asked, on Postgres and on EventStoreDB', async () => {
    await Promise.all(opened.map(expectNothingLost));
  });
});
