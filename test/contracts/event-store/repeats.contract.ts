import { expect } from '@jest/globals';
import type { AppendRequest } from '../../../services/event-store/domain/event-store.ts';
import { appendUntilKnown, readUntilBack } from './insist.ts';
import { collect, expectFresh, expectRepeat, propose, revisionsOf, revisionsUpTo } from './events.ts';
import { methodsOf, portMethods } from './port-surface.ts';
import { promise } from './promise.ts';

/** Promises 8 to 17: the answer to an append that was sent before. */
export const repeatPromises = [
  promise(8, 'answers a repeat with the first revision and position, and writes nothing', async ({ store, stream }) => {
    await store.append({ stream, expected: 'no_stream', events: propose(2) });
    const request: AppendRequest = { stream, expected: 1n, events: propose(2) };
    const first = await store.append(request);
    for (let time = 0; time < 3; time++) expectRepeat(await store.append(request), first);
    expect(revisionsOf(await collect(store.readStream(stream)))).toEqual(revisionsUpTo(4));
  }),

  promise(8, 'answers a repeat for ever: after thousands of later events, here and elsewhere, from any client', async (trial) => {
    const { stream } = trial;
    const clients = await trial.clients(2);
    await trial.store.append({ stream, expected: 'no_stream', events: propose(1) });
    const request: AppendRequest = { stream, expected: 0n, events: propose(2) };
    const first = await trial.store.append(request);
    await trial.store.append({ stream, expected: 2n, events: propose(5000) });
    await Promise.all(Array.from({ length: 20 }, (_, index) => trial.create(`other${index}`, 500)));
    for (const client of clients) expectRepeat(await client.append(request), first);
    expect(await collect(trial.store.readStream(stream))).toHaveLength(5003);
  }),

  promise(
    8,
    'answers a repeat after the store was killed and started again',
    async ({ engine, store, stream }) => {
      await store.append({ stream, expected: 'no_stream', events: propose(1) });
      const request: AppendRequest = { stream, expected: 0n, events: propose(2) };
      const first = await store.append(request);
      await engine.crash.kill();
      await engine.crash.restart();
      expectRepeat(await appendUntilKnown(store, request), first);
      expect(await readUntilBack(() => collect(store.readStream(stream)))).toHaveLength(3);
    },
    { needs: ['crash'] },
  ),

  promise(8, 'answers 50 repeats in parallel with one write, from two clients', async (trial) => {
    const { stream } = trial;
    const clients = await trial.clients(2);
    const request: AppendRequest = { stream, expected: 'no_stream', events: propose(2) };
    const answers = await Promise.all(Array.from({ length: 50 }, (_, index) => appendUntilKnown(clients[index % 2]!, request)));
    expect(answers.filter(({ fresh }) => fresh === true).length).toBeLessThanOrEqual(1);
    expect(new Set(answers.map(({ revision, position }) => `${revision} ${position}`)).size).toBe(1);
    expect(await collect(trial.store.readStream(stream))).toHaveLength(2);
  }),

  promise(8, 'answers each member of a chain that begins with a repeat', async ({ store, stream }) => {
    const first: AppendRequest = { stream, expected: 'no_stream', events: propose(1) };
    const created = await store.append(first);
    const [repeat, next] = await Promise.all([store.append(first), store.append({ stream, expected: 0n, events: propose(1) })]);
    const behind = store.append({ stream, expected: 0n, events: propose(1) });
    expectRepeat(repeat, created);
    expectFresh(next, { revision: 1n });
    await expect(behind).rejects.toMatchObject({ name: 'ConflictFault', actual: 1n });
  }),

  promise(9, 'answers a repeat of the append that began the stream', async ({ store, stream }) => {
    const request: AppendRequest = { stream, expected: 'no_stream', events: propose(2) };
    const first = await store.append(request);
    expectRepeat(await store.append(request), first);
    expect(await collect(store.readStream(stream))).toHaveLength(2);
  }),

  promise(10, 'answers both kinds of repeat after further events', async ({ store, stream }) => {
    const beginning: AppendRequest = { stream, expected: 'no_stream', events: propose(2) };
    const middle: AppendRequest = { stream, expected: 1n, events: propose(2) };
    const answers = [await store.append(beginning), await store.append(middle)];
    for (let revision = 3n; revision < 50n; revision++) await store.append({ stream, expected: revision, events: propose(1) });
    expectRepeat(await store.append(beginning), answers[0]!);
    expectRepeat(await store.append(middle), answers[1]!);
    expect(await collect(store.readStream(stream))).toHaveLength(51);
  }),

  promise(11, 'answers a shorter repeat with the revision of its own last event', async ({ store, stream }) => {
    const events = propose(3);
    await store.append({ stream, expected: 'no_stream', events });
    const stored = await collect(store.readStream(stream));
    for (const length of [1, 2]) {
      const answer = await store.append({ stream, expected: 'no_stream', events: events.slice(0, length) });
      expectRepeat(answer, stored[length - 1]!);
    }
  }),

  promise(12, 'refuses a partial overlap and a longer repeat, and writes nothing', async ({ store, stream }) => {
    const events = propose(3);
    await store.append({ stream, expected: 'no_stream', events });
    const others = [
      [events[0]!, ...propose(1)], // A later id does not match.
      [...propose(1), events[1]!], // An earlier one does not.
      [events[1]!, events[2]!], // The middle.
      [...events, ...propose(1)], // Longer.
    ];
    for (const other of others) {
      const append = store.append({ stream, expected: 'no_stream', events: other });
      await expect(append).rejects.toMatchObject({ name: 'ConflictFault', actual: 2n });
    }
    expect(await collect(store.readStream(stream))).toHaveLength(3);
  }),

  promise(13, 'refuses the same ids in another order', async ({ store, stream }) => {
    const events = propose(2);
    await store.append({ stream, expected: 'no_stream', events });
    const append = store.append({ stream, expected: 'no_stream', events: events.toReversed() });
    await expect(append).rejects.toMatchObject({ name: 'ConflictFault', actual: 1n });
  }),

  promise(14, 'compares ids only: another payload succeeds, and the first stays', async ({ store, stream }) => {
    const [event] = propose(1, { note: 'first' });
    const [other] = propose(1, { note: 'second' });
    const first = await store.append({ stream, expected: 'no_stream', events: [event!] });
    const repeat = { ...other!, id: event!.id, type: 'AccountRenamed/1' };
    expectRepeat(await store.append({ stream, expected: 'no_stream', events: [repeat] }), first);
    expect(await collect(store.readStream(stream))).toMatchObject([{ type: 'AccountCharged/1', data: '{"note":"first"}' }]);
  }),

  promise(15, 'appends an old id again at the current revision', async ({ store, stream }) => {
    const events = propose(1);
    await store.append({ stream, expected: 'no_stream', events });
    expectFresh(await store.append({ stream, expected: 0n, events }), { revision: 1n });
    const stored = await collect(store.readStream(stream));
    expect(stored.map(({ id }) => id)).toEqual([events[0]?.id, events[0]?.id]);
  }),

  promise(16, 'leaves no way to append whatever the stream holds, not even to repeat', async ({ store, stream }) => {
    expect(methodsOf(store)).toEqual(portMethods);
    const events = propose(1);
    await store.append({ stream, expected: 'no_stream', events });
    // @ts-expect-error -- the store remembers such ids in memory only and writes them again after a restart.
    const request: AppendRequest = { stream, expected: 'any', events };
    await expect(store.append(request)).rejects.toMatchObject({ name: 'AppendRefusedDefect' });
    // @ts-expect-error -- nor does an expectation left out mean "any", as it does for the vendor's client.
    const silent: AppendRequest = { stream, events };
    await expect(store.append(silent)).rejects.toMatchObject({ name: 'AppendRefusedDefect' });
    expect(await collect(store.readStream(stream))).toHaveLength(1);
  }),

  promise(17, 'leaves no way to append to whatever exists, not even to repeat', async ({ store, stream }) => {
    expect(methodsOf(store)).toEqual(portMethods);
    const events = propose(1);
    await store.append({ stream, expected: 'no_stream', events });
    // @ts-expect-error -- as for 16.
    const request: AppendRequest = { stream, expected: 'stream_exists', events };
    await expect(store.append(request)).rejects.toMatchObject({ name: 'AppendRefusedDefect' });
    expect(await collect(store.readStream(stream))).toHaveLength(1);
  }),
];
