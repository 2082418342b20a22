import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { EventStore } from '../../../services/event-store/domain/event-store.ts';
import { ConflictFault } from '../../../services/event-store/domain/faults.ts';
import type { Engine, OpenEngine } from './engine.ts';
import { collect, idsOf, propose } from './events.ts';

const stream = 'acme.account-1';

/** Promises 1 to 26: append, expected revision, repeats. */
export function describeAppend(engine: Engine): void {
  describe(`${engine.name}: append`, () => {
    let opened: OpenEngine;
    let store: EventStore;
    beforeEach(async () => {
      opened = await engine.open();
      store = opened.store;
    });
    afterEach(() => opened.close());

    it('1 begins a stream at revision 0 and answers the position of the last event', async () => {
      const answer = await store.append({ stream, expected: 'no_stream', events: propose(3) });
      const stored = await collect(store.readStream(stream));
      expect(stored.map(({ revision }) => revision)).toEqual([0n, 1n, 2n]);
      expect(answer).toEqual({ revision: 2n, position: stored[2]?.position, fresh: true });
    });

    it('3 refuses a concrete revision on a new stream', async () => {
      await expect(store.append({ stream, expected: 0n, events: propose(1) })).rejects.toMatchObject({
        name: 'ConflictFault',
        actual: 'no_stream',
      });
    });

    it('5 continues a stream at its current revision without a gap', async () => {
      await store.append({ stream, expected: 'no_stream', events: propose(2) });
      const answer = await store.append({ stream, expected: 1n, events: propose(2) });
      expect(answer).toMatchObject({ revision: 3n, fresh: true });
      expect((await collect(store.readStream(stream))).map(({ revision }) => revision)).toEqual([0n, 1n, 2n, 3n]);
    });

    it('6 refuses a revision above the current one, naming it', async () => {
      await store.append({ stream, expected: 'no_stream', events: propose(2) });
      await expect(store.append({ stream, expected: 5n, events: propose(1) })).rejects.toMatchObject({
        name: 'ConflictFault',
        expected: 5n,
        actual: 1n,
      });
    });

    it('7 refuses a revision below the current one with new ids, naming it', async () => {
      await store.append({ stream, expected: 'no_stream', events: propose(3) });
      await expect(store.append({ stream, expected: 0n, events: propose(1) })).rejects.toMatchObject({ name: 'ConflictFault', actual: 2n });
      await expect(store.append({ stream, expected: 'no_stream', events: propose(1) })).rejects.toMatchObject({
        expected: 'no_stream',
        actual: 2n,
      });
    });

    it('8, 9 answers a repeat with the first revision and position, and writes nothing', async () => {
      const first = propose(2);
      const second = propose(2);
      const created = await store.append({ stream, expected: 'no_stream', events: first });
      const continued = await store.append({ stream, expected: 1n, events: second });
      expect(await store.append({ stream, expected: 'no_stream', events: first })).toEqual({ ...created, fresh: false });
      expect(await store.append({ stream, expected: 1n, events: second })).toEqual({ ...continued, fresh: false });
      expect(await collect(store.readAll())).toHaveLength(4);
    });

    it('10 answers a repeat after further events', async () => {
      const first = propose(2);
      const created = await store.append({ stream, expected: 'no_stream', events: first });
      for (let revision = 1n; revision < 50n; revision++) await store.append({ stream, expected: revision, events: propose(1) });
      expect(await store.append({ stream, expected: 'no_stream', events: first })).toEqual({ ...created, fresh: false });
    });

    it('11 answers a shorter repeat with the revision of its own last event', async () => {
      const events = propose(3);
      await store.append({ stream, expected: 'no_stream', events });
      const [stored] = await collect(store.readStream(stream));
      const answer = await store.append({ stream, expected: 'no_stream', events: events.slice(0, 1) });
      expect(answer).toEqual({ revision: 0n, position: stored?.position, fresh: false });
    });

    it('12 refuses a partial overlap and a longer repeat, and writes nothing', async () => {
      const events = propose(2);
      await store.append({ stream, expected: 'no_stream', events });
      await expect(store.append({ stream, expected: 'no_stream', events: [...events.slice(0, 1), ...propose(1)] })).rejects.toThrow(
        ConflictFault,
      );
      await expect(store.append({ stream, expected: 'no_stream', events: [...events, ...propose(1)] })).rejects.toThrow(ConflictFault);
      expect(await collect(store.readStream(stream))).toHaveLength(2);
    });

    it('13 refuses the same ids in another order', async () => {
      const events = propose(2);
      await store.append({ stream, expected: 'no_stream', events });
      await expect(store.append({ stream, expected: 'no_stream', events: events.toReversed() })).rejects.toThrow(ConflictFault);
    });

    it('14 compares ids only: another payload succeeds and the first stays', async () => {
      const [event] = propose(1, { note: 'first' });
      const [other] = propose(1, { note: 'second' });
      await store.append({ stream, expected: 'no_stream', events: [event!] });
      expect(await store.append({ stream, expected: 'no_stream', events: [{ ...other!, id: event!.id }] })).toMatchObject({ fresh: false });
      expect((await collect(store.readStream(stream)))[0]?.data).toBe('{"note":"first"}');
    });

    it('15 appends an old id again at the current revision', async () => {
      const events = propose(1);
      await store.append({ stream, expected: 'no_stream', events });
      expect(await store.append({ stream, expected: 0n, events })).toMatchObject({ revision: 1n, fresh: true });
      expect(await collect(store.readStream(stream))).toHaveLength(2);
    });

    it('19 writes all events of an append or none, also when a later one is invalid', async () => {
      const [good] = propose(1);
      await expect(store.append({ stream, expected: 'no_stream', events: [good!, { ...good!, id: 'nonsense' }] })).rejects.toMatchObject({
        name: 'AppendRefusedDefect',
      });
      await expect(collect(store.readStream(stream))).rejects.toMatchObject({ name: 'StreamNotFoundFault' });
    });

    it('20 keeps the events of one append adjacent in the log, in order', async () => {
      const appends = Array.from({ length: 40 }, (_, index) => ({ stream: `acme.account-${index % 8}x${index}`, events: propose(5) }));
      await Promise.all(appends.map(({ stream, events }) => store.append({ stream, expected: 'no_stream', events })));
      const log = idsOf(await collect(store.readAll()));
      for (const { events } of appends) {
        const ids = idsOf(events);
        expect(log.slice(log.indexOf(ids[0]!), log.indexOf(ids[0]!) + 5)).toEqual(ids);
      }
    });

    it('21 lets exactly one of two appends with one expectation win', async () => {
      const race = await Promise.allSettled([1, 2].map(() => store.append({ stream, expected: 'no_stream', events: propose(1) })));
      expect(race.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    });

    it('21 gives 200 racers with retry the revisions 0 to 199, once each', async () => {
      const stores = [store, opened.second ?? store];
      const race = async (racer: number) => {
        const events = propose(1);
        for (let expected: bigint | 'no_stream' = 'no_stream'; ;) {
          try {
            return (await stores[racer % 2]!.append({ stream, expected, events })).revision;
          } catch (error) {
            if (!(error instanceof ConflictFault)) throw error;
            expected = error.actual;
          }
        }
      };
      const revisions = await Promise.all(Array.from({ length: 200 }, (_, racer) => race(racer)));
      expect(revisions.toSorted((left, right) => Number(left - right))).toEqual(Array.from({ length: 200 }, (_, index) => BigInt(index)));
      expect((await collect(store.readStream(stream))).length).toBe(200);
    });

    it('8 answers 50 parallel repeats of one append with one write, from two clients', async () => {
      const events = propose(2);
      const stores = [store, opened.second ?? store];
      const answers = await Promise.all(
        Array.from({ length: 50 }, (_, index) => stores[index % 2]!.append({ stream, expected: 'no_stream', events })),
      );
      expect(answers.filter(({ fresh }) => fresh === true)).toHaveLength(1);
      expect(new Set(answers.map(({ revision, position }) => `${revision} ${position}`)).size).toBe(1);
      expect(await collect(store.readAll())).toHaveLength(2);
    });

    it('5 takes a chain of appends to one stream that is sent without waiting', async () => {
      const chain = Array.from({ length: 100 }, (_, index) => ({
        stream,
        expected: index === 0 ? ('no_stream' as const) : BigInt(2 * index - 1),
        events: propose(2),
      }));
      const answers = await Promise.all(chain.map((request) => store.append(request)));
      const stored = await collect(store.readStream(stream));
      expect(answers.map(({ revision }) => revision)).toEqual(chain.map((_, index) => BigInt(2 * index + 1)));
      expect(answers.map(({ position }) => position)).toEqual(chain.map((_, index) => stored[2 * index + 1]?.position));
    });

    it('8 answers each member of a chain that begins with a repeat', async () => {
      const first = propose(1);
      const created = await store.append({ stream, expected: 'no_stream', events: first });
      const [repeat, fresh, behind] = await Promise.allSettled([
        store.append({ stream, expected: 'no_stream', events: first }),
        store.append({ stream, expected: 0n, events: propose(1) }),
        store.append({ stream, expected: 0n, events: propose(1) }),
      ]);
      expect(repeat).toMatchObject({ value: { ...created, fresh: false } });
      expect(fresh).toMatchObject({ value: { revision: 1n, fresh: true } });
      expect(behind).toMatchObject({ reason: { name: 'ConflictFault', actual: 1n } });
    });

    it('22 never lets appends to different streams conflict', async () => {
      const answers = await Promise.all(
        Array.from({ length: 300 }, (_, index) =>
          store.append({ stream: `acme.account-${index}`, expected: 'no_stream', events: propose(1) }),
        ),
      );
      expect(answers.every(({ revision, fresh }) => revision === 0n && fresh === true)).toBe(true);
    });

    it('24 shows an append to every reader once it is answered', async () => {
      for (let index = 0; index < 20; index++) {
        const { position } = await store.append({ stream: `acme.account-${index}`, expected: 'no_stream', events: propose(1) });
        for (const reader of [store, opened.second ?? store]) {
          expect(await collect(reader.readStream(`acme.account-${index}`))).toHaveLength(1);
          expect((await collect(reader.readAll({ direction: 'backwards', maxCount: 1 })))[0]?.position).toBe(position);
        }
      }
    });
  });
}
