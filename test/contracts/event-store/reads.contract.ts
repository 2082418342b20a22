import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { EventStore, StoredEvent } from '../../../services/event-store/domain/event-store.ts';
import type { Engine, OpenEngine } from './engine.ts';
import { collect, idsOf, propose } from './events.ts';

const stream = 'acme.account-1';

/** Promises 35 to 44 and 68: reads. */
export function describeReads(engine: Engine): void {
  describe(`${engine.name}: reads`, () => {
    let opened: OpenEngine;
    let store: EventStore;
    beforeEach(async () => {
      opened = await engine.open();
      store = opened.store;
    });
    afterEach(() => opened.close());

    async function append(name: string, count: number): Promise<bigint> {
      return (await store.append({ stream: name, expected: 'no_stream', events: propose(count) })).position;
    }

    it('35 tells a missing stream from an empty range', async () => {
      await append(stream, 2);
      await expect(collect(store.readStream('acme.account-2'))).rejects.toMatchObject({ name: 'StreamNotFoundFault' });
      await expect(collect(store.readStream('acme.account-2', { direction: 'backwards' }))).rejects.toMatchObject({
        name: 'StreamNotFoundFault',
      });
      expect(await collect(store.readStream(stream, { fromRevision: 2n }))).toEqual([]);
      expect(await collect(store.readStream(stream, { fromRevision: 1000n }))).toEqual([]);
    });

    it('36 begins at fromRevision, inclusive', async () => {
      await append(stream, 5);
      expect((await collect(store.readStream(stream, { fromRevision: 3n }))).map(({ revision }) => revision)).toEqual([3n, 4n]);
      expect((await collect(store.readStream(stream, { fromRevision: 1n, maxCount: 2 }))).map(({ revision }) => revision)).toEqual([
        1n,
        2n,
      ]);
    });

    it('37 reads backwards from the end, so that one event is the head', async () => {
      await append(stream, 3);
      expect((await collect(store.readStream(stream, { direction: 'backwards' }))).map(({ revision }) => revision)).toEqual([2n, 1n, 0n]);
      expect((await collect(store.readStream(stream, { direction: 'backwards', maxCount: 1 }))).map(({ revision }) => revision)).toEqual([
        2n,
      ]);
    });

    it('38 frees everything when a reader leaves early', async () => {
      await append(stream, 3);
      for (let index = 0; index < 300; index++) {
        for await (const event of index % 2 === 0 ? store.readAll() : store.readStream(stream)) {
          expect(event.revision).toBe(0n);
          break;
        }
      }
      expect(await collect(store.readAll())).toHaveLength(3);
    });

    it('39 reads the log in commit order, backwards as the exact mirror', async () => {
      const answered: bigint[] = [];
      for (let index = 0; index < 30; index++) answered.push(await append(`acme.account-${index}`, 3));
      const forwards = await collect(store.readAll());
      expect(forwards.filter((_, index) => index % 3 === 2).map(({ position }) => position)).toEqual(answered);
      expect(idsOf(await collect(store.readAll({ direction: 'backwards' })))).toEqual(idsOf(forwards).toReversed());
      expect(idsOf(await collect(store.readAll({ direction: 'backwards', maxCount: 7 })))).toEqual(
        idsOf(forwards).toReversed().slice(0, 7),
      );
    });

    it('39 pages through more than a page in both directions', async () => {
      for (let index = 0; index < 3; index++) await append(`acme.account-${index}`, 900);
      const forwards = await collect(store.readAll());
      expect(forwards).toHaveLength(2700);
      expect(idsOf(await collect(store.readAll({ direction: 'backwards' })))).toEqual(idsOf(forwards).toReversed());
      expect(await collect(store.readAll({ maxCount: 1000 }))).toHaveLength(1000);
      expect(await collect(store.readAll({ maxCount: 1001 }))).toHaveLength(1001);
    });

    it('40 begins at a position, inclusive, and ends beyond the head with nothing', async () => {
      const first = await append('acme.account-1', 1);
      const second = await append('acme.account-2', 1);
      expect((await collect(store.readAll({ fromPosition: second }))).map(({ position }) => position)).toEqual([second]);
      expect((await collect(store.readAll({ fromPosition: first }))).map(({ position }) => position)).toEqual([first, second]);
      expect(await collect(store.readAll({ fromPosition: second + 1n }))).toEqual([]);
    });

    it('41 hands out strictly increasing positions, with gaps', async () => {
      await Promise.all(Array.from({ length: 50 }, (_, index) => append(`acme.account-${index}`, 2)));
      const positions = (await collect(store.readAll())).map(({ position }) => position);
      expect(positions.every((position, index) => index === 0 || position > positions[index - 1]!)).toBe(true);
      expect(positions.some((position, index) => index > 0 && position > positions[index - 1]! + 1n)).toBe(true);
    });

    it('43, 44 never shows a paging reader an event behind its cursor, and keeps each stream in order', async () => {
      const writers = 8;
      const appends = 60;
      let writing = true;
      const seen: StoredEvent[] = [];
      const reader = (async () => {
        let cursor = 0n;
        for (;;) {
          const isLast = !writing;
          for await (const event of store.readAll({ fromPosition: cursor + 1n })) {
            seen.push(event);
            cursor = event.position;
          }
          if (isLast) return;
          await new Promise((resolve) => setTimeout(resolve, 1));
        }
      })();
      await Promise.all(
        Array.from({ length: writers }, async (_, writer) => {
          const client = writer % 2 === 0 ? store : (opened.second ?? store);
          for (let index = 0; index < appends; index++) {
            const expected = index === 0 ? 'no_stream' : BigInt(2 * index - 1);
            await client.append({ stream: `acme.account-${writer}`, expected, events: propose(2) });
          }
        }),
      );
      writing = false;
      await reader;
      expect(idsOf(seen)).toEqual(idsOf(await collect(store.readAll())));
      const revisions = Map.groupBy(seen, (event) => event.stream);
      expect(revisions.size).toBe(writers);
      for (const events of revisions.values()) {
        expect(events.map(({ revision }) => revision)).toEqual(Array.from({ length: 2 * appends }, (_, index) => BigInt(index)));
      }
    });

    it('50 filters by prefixes of stream or of type, case-sensitive, joined by or', async () => {
      await append('acme.account-1', 1);
      await append('acmes.account-1', 1);
      await append('other.invoice-1', 1);
      const streams = async (filter: { streamPrefixes?: string[]; typePrefixes?: string[] }) =>
        (await collect(store.readAll({ filter }))).map((event) => event.stream);
      expect(await streams({ streamPrefixes: ['acme.'] })).toEqual(['acme.account-1']);
      expect(await streams({ streamPrefixes: ['acme.', 'other.'] })).toEqual(['acme.account-1', 'other.invoice-1']);
      expect(await streams({ streamPrefixes: ['ACME.'] })).toEqual([]);
      expect(await streams({ streamPrefixes: ['none.'], typePrefixes: ['AccountC'] })).toHaveLength(3);
      expect(await streams({})).toHaveLength(3);
    });

    it('68 answers the last position and a store id that stays', async () => {
      const empty = await store.head();
      expect(empty.position).toBe(0n);
      const position = await append(stream, 3);
      expect(await store.head()).toEqual({ position, storeId: empty.storeId });
      if (opened.second !== undefined) expect(await opened.second.head()).toEqual({ position, storeId: empty.storeId });
    });

    it('70 delivers an event of a type that nobody knows', async () => {
      const events = propose(1).map((event) => ({ ...event, type: 'NeverHeardOf/9' }));
      await store.append({ stream, expected: 'no_stream', events });
      expect((await collect(store.readAll()))[0]?.type).toBe('NeverHeardOf/9');
    });
  });
}
