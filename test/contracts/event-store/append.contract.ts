import { expect } from '@jest/globals';
import type { AppendRequest, EventStore } from '../../../services/event-store/domain/event-store.ts';
import { collect, expectFresh, idsOf, positionsOf, propose, revisionsOf, revisionsUpTo } from './events.ts';
import { methodsOf, portMethods } from './port-surface.ts';
import { linesOf, startProcess } from './processes/start-process.ts';
import { promise } from './promise.ts';
import { appendWithRetry } from './race.ts';

const ascending = (revisions: readonly bigint[]) => revisions.toSorted((left, right) => (left < right ? -1 : 1));

/** Promises 1 to 7 and 18 to 24: what an append writes, and where. */
export const appendPromises = [
  promise(1, 'begins a stream at revision 0 and answers the position of the last event', async ({ store, stream }) => {
    const answer = await store.append({ stream, expected: 'no_stream', events: propose(3) });
    const stored = await collect(store.readStream(stream));
    expect(revisionsOf(stored)).toEqual([0n, 1n, 2n]);
    expectFresh(answer, { revision: 2n, position: stored[2]?.position as bigint });
  }),

  promise(2, 'knows no expectation that matches everything', async ({ store, stream }) => {
    // @ts-expect-error -- its duplicate check would be best effort, so no event of a ledger may be written that way.
    const request: AppendRequest = { stream, expected: 'any', events: propose(1) };
    await expect(store.append(request)).rejects.toMatchObject({ name: 'AppendRefusedDefect' });
    await expect(collect(store.readStream(stream))).rejects.toMatchObject({ name: 'StreamNotFoundFault' });
  }),

  promise(3, 'refuses a concrete revision on a new stream', async ({ store, stream }) => {
    const append = store.append({ stream, expected: 0n, events: propose(1) });
    await expect(append).rejects.toMatchObject({ name: 'ConflictFault', expected: 0n, actual: 'no_stream' });
    await expect(collect(store.readStream(stream))).rejects.toMatchObject({ name: 'StreamNotFoundFault' });
  }),

  promise(4, 'knows no expectation that matches any stream that exists', async ({ store, stream }) => {
    await store.append({ stream, expected: 'no_stream', events: propose(1) });
    // @ts-expect-error -- as for 2.
    const request: AppendRequest = { stream, expected: 'stream_exists', events: propose(1) };
    await expect(store.append(request)).rejects.toMatchObject({ name: 'AppendRefusedDefect' });
    expect(await collect(store.readStream(stream))).toHaveLength(1);
  }),

  promise(5, 'continues a stream at its current revision without a gap', async ({ store, stream }) => {
    await store.append({ stream, expected: 'no_stream', events: propose(2) });
    expectFresh(await store.append({ stream, expected: 1n, events: propose(2) }), { revision: 3n });
    expect(revisionsOf(await collect(store.readStream(stream)))).toEqual(revisionsUpTo(4));
  }),

  promise(5, 'takes a chain of appends to one stream that is sent without waiting', async ({ store, stream }) => {
    const chain = Array.from({ length: 100 }, (_, index): AppendRequest => ({
      stream,
      expected: index === 0 ? 'no_stream' : BigInt(2 * index - 1),
      events: propose(2),
    }));
    const answers = await Promise.all(chain.map((request) => store.append(request)));
    const stored = await collect(store.readStream(stream));
    expect(revisionsOf(stored)).toEqual(revisionsUpTo(200));
    expect(revisionsOf(answers)).toEqual(chain.map((_, index) => BigInt(2 * index + 1)));
    expect(positionsOf(answers)).toEqual(chain.map((_, index) => stored[2 * index + 1]?.position));
  }),

  promise(6, 'refuses a revision above the current one, naming it', async ({ store, stream }) => {
    await store.append({ stream, expected: 'no_stream', events: propose(2) });
    const append = store.append({ stream, expected: 5n, events: propose(1) });
    await expect(append).rejects.toMatchObject({ name: 'ConflictFault', expected: 5n, actual: 1n });
  }),

  promise(7, 'refuses a revision below the current one with new ids, naming it', async ({ store, stream }) => {
    await store.append({ stream, expected: 'no_stream', events: propose(3) });
    for (const expected of [0n, 1n, 'no_stream'] as const) {
      const append = store.append({ stream, expected, events: propose(1) });
      await expect(append).rejects.toMatchObject({ name: 'ConflictFault', expected, actual: 2n });
    }
    expect(await collect(store.readStream(stream))).toHaveLength(3);
  }),

  promise(18, 'refuses an empty append and an id twice in one append', async ({ store, stream }) => {
    const [event] = propose(1);
    for (const events of [[], [event!, event!], [event!, ...propose(1), event!]]) {
      await expect(store.append({ stream, expected: 'no_stream', events })).rejects.toMatchObject({ name: 'AppendRefusedDefect' });
    }
    await expect(collect(store.readStream(stream))).rejects.toMatchObject({ name: 'StreamNotFoundFault' });
  }),

  promise(19, 'writes all events of an append or none, also when a later one is invalid', async ({ store, stream }) => {
    const [good, bad] = propose(2);
    const append = store.append({ stream, expected: 'no_stream', events: [good!, { ...bad!, id: 'nonsense' }] });
    await expect(append).rejects.toMatchObject({ name: 'AppendRefusedDefect' });
    await expect(collect(store.readStream(stream))).rejects.toMatchObject({ name: 'StreamNotFoundFault' });
  }),

  promise(20, 'keeps the events of one append adjacent in the log, in order', async (trial) => {
    const clients = await trial.clients(4);
    const appends = Array.from({ length: 80 }, (_, index): AppendRequest => ({
      stream: trial.streamOf(index),
      expected: 'no_stream',
      events: propose(5),
    }));
    await Promise.all(appends.map((request, index) => clients[index % 4]!.append(request)));
    const log = idsOf(await trial.log());
    expect(log).toHaveLength(400);
    for (const { events } of appends) {
      const ids = idsOf(events);
      expect(log.slice(log.indexOf(ids[0]!), log.indexOf(ids[0]!) + 5)).toEqual(ids);
    }
  }),

  promise(21, 'lets exactly one of several appends with one expectation win', async (trial) => {
    const clients = await trial.clients(4);
    for (let round = 0; round < 50; round++) {
      const stream = trial.streamOf(round);
      const race = await Promise.allSettled(
        Array.from({ length: 8 }, (_, racer) => clients[racer % 4]!.append({ stream, expected: 'no_stream', events: propose(1) })),
      );
      expect(race.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      for (const answer of race)
        if (answer.status === 'rejected') expect(answer.reason).toMatchObject({ name: 'ConflictFault', actual: 0n });
    }
  }),

  promise(21, 'gives 200 racers with retry the revisions 0 to 199, once each', async (trial) => {
    const clients = await trial.clients(4);
    const race = Array.from({ length: 200 }, (_, racer) => appendWithRetry(clients[racer % 4]!, trial.stream));
    expect(ascending(await Promise.all(race))).toEqual(revisionsUpTo(200));
    expect(revisionsOf(await collect(trial.store.readStream(trial.stream)))).toEqual(revisionsUpTo(200));
  }),

  promise(
    21,
    'gives two processes that append to one stream the revisions 0 to 199, once each',
    async ({ engine, store, stream }) => {
      const racers = [0, 1].map(() => startProcess('racer.ts', engine.process, [stream, '100']));
      const lines = await Promise.all(racers.map(linesOf));
      expect(lines.map(({ length }) => length)).toEqual([100, 100]);
      expect(ascending(lines.flat().map(BigInt))).toEqual(revisionsUpTo(200));
      expect(await collect(store.readStream(stream))).toHaveLength(200);
    },
    { needs: ['process', 'processSharesLog'] },
  ),

  promise(22, 'never lets appends to different streams conflict', async (trial) => {
    const clients = await trial.clients(4);
    const answers = await Promise.all(Array.from({ length: 400 }, (_, index) => trial.create(index, 1, clients[index % 4])));
    for (const answer of answers) expectFresh(answer, { revision: 0n });
  }),

  promise(23, 'has no append to several streams', async ({ store, stream }) => {
    expect(methodsOf(store)).toEqual(portMethods);
    // @ts-expect-error -- aggregates are cut so that none is needed.
    const append: (requests: AppendRequest[]) => Promise<unknown> = store.append.bind(store);
    const requests = [stream, `${stream}x`].map((name): AppendRequest => ({ stream: name, expected: 'no_stream', events: propose(1) }));
    await expect(append(requests)).rejects.toThrow();
    await expect(collect(store.readStream(stream))).rejects.toMatchObject({ name: 'StreamNotFoundFault' });
  }),

  promise(24, 'shows an append to every reader once it is answered', async (trial) => {
    const clients = await trial.clients(2);
    const seesIt = async (reader: EventStore, stream: string, position: bigint) => {
      expect(positionsOf(await collect(reader.readStream(stream)))).toEqual([position]);
      const filter = { streamPrefixes: [trial.prefix] };
      expect(positionsOf(await collect(reader.readAll({ direction: 'backwards', maxCount: 1, filter })))).toEqual([position]);
      expect(positionsOf(await trial.log({ fromPosition: position }, reader))).toEqual([position]);
    };
    for (let index = 0; index < 100; index++) {
      const { position } = await trial.create(index, 1, clients[index % 2]);
      await Promise.all(clients.map((reader) => seesIt(reader, trial.streamOf(index), position)));
    }
  }),
];
