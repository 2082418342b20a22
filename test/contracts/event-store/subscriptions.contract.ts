import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type {
  EventBatch,
  EventStore,
  StoredEvent,
  SubscribeAllOptions,
  Subscription,
} from '../../../services/event-store/domain/event-store.ts';
import type { Engine, OpenEngine } from './engine.ts';
import { collect, idsOf, propose, until } from './events.ts';

/** Promises 45 to 58: subscriptions and checkpoints. */
export function describeSubscriptions(engine: Engine): void {
  describe(`${engine.name}: subscriptions`, () => {
    let opened: OpenEngine;
    let store: EventStore;
    let subscriptions: Subscription[];
    beforeEach(async () => {
      opened = await engine.open();
      store = opened.store;
      subscriptions = [];
    });
    afterEach(async () => {
      for (const subscription of subscriptions) await subscription.unsubscribe();
      await opened.close();
    });

    let streams = 0;
    async function append(count: number, client = store, prefix = 'acme'): Promise<bigint> {
      return (await client.append({ stream: `${prefix}.account-${streams++}`, expected: 'no_stream', events: propose(count) })).position;
    }

    function subscribe(options: Partial<SubscribeAllOptions> = {}): {
      seen: StoredEvent[];
      batches: EventBatch[];
      subscription: Subscription;
    } {
      const seen: StoredEvent[] = [];
      const batches: EventBatch[] = [];
      const handle = async (batch: EventBatch) => {
        batches.push(batch);
        seen.push(...batch.events);
      };
      const subscription = store.subscribeAll({ from: 'start', handle, ...options });
      subscriptions.push(subscription);
      return { seen, batches, subscription };
    }

    it('45 begins at the start, at the end, or after a position, exclusive', async () => {
      const first = await append(1);
      await append(1);
      const start = subscribe();
      const after = subscribe({ from: { after: first } });
      let isAtEnd = false;
      const end = subscribe({ from: 'end', caughtUp: () => (isAtEnd = true) });
      await until(() => isAtEnd);
      await append(1);
      await until(() => start.seen.length === 3 && after.seen.length === 2 && end.seen.length === 1);
      expect(idsOf(after.seen)).toEqual(idsOf(start.seen).slice(1));
      expect(idsOf(end.seen)).toEqual(idsOf(start.seen).slice(2));
    });

    it('46 fails at a start beyond the head', async () => {
      const head = await append(1);
      const { subscription } = subscribe({ from: { after: head + 1n } });
      await expect(subscription.stopped).rejects.toMatchObject({ name: 'PositionBeyondHeadFault' });
      expect(subscription.state).toBe('stopped');
    });

    it('47, 55 delivers each event once, in order, from catch-up to live with writers at work', async () => {
      for (let index = 0; index < 20; index++) await append(20);
      const { seen } = subscribe({ batchSizeMax: 64 });
      const clients = [store, opened.second ?? store];
      await Promise.all(
        Array.from({ length: 8 }, async (_, writer) => {
          for (let index = 0; index < 40; index++) await append(1 + (index % 3), clients[writer % 2]);
        }),
      );
      const log = await collect(store.readAll());
      await until(() => seen.length >= log.length);
      expect(idsOf(seen)).toEqual(idsOf(log));
    });

    it('48 delivers again what was handled without a checkpoint', async () => {
      const position = await append(3);
      const first = subscribe();
      await until(() => first.seen.length === 3);
      await first.subscription.unsubscribe();
      const again = subscribe({ from: { after: first.seen[0]!.position } });
      await until(() => again.seen.length === 2);
      expect(again.batches.at(-1)?.checkpoint).toBe(position);
    });

    it('51, 52 advances the checkpoint over filtered-out events, and never beyond what is handled', async () => {
      await append(2500, store, 'other');
      const wanted = await append(1);
      const last = await append(1200, store, 'other');
      const { seen, batches } = subscribe({ filter: { streamPrefixes: ['acme.'] } });
      await until(() => batches.at(-1)?.checkpoint === last);
      expect(seen.map(({ position }) => position)).toEqual([wanted]);
      for (const { events, checkpoint } of batches) expect(events.every(({ position }) => position <= checkpoint)).toBe(true);
      expect(batches.length).toBeGreaterThan(1);
    });

    it('53 stops with the error of a failing handler, and skips nothing', async () => {
      await append(5);
      let calls = 0;
      const handle = async () => {
        calls++;
        throw new Error('The handler failed.');
      };
      const { subscription } = subscribe({ handle, batchSizeMax: 1 });
      await expect(subscription.stopped).rejects.toThrow('The handler failed.');
      await append(1);
      expect(calls).toBe(1);
      expect(subscription.state).toBe('stopped');
    });

    it('54 says that it caught up when everything up to the head is handled, not merely read', async () => {
      await append(30);
      let handled = 0;
      let handledWhenCaughtUp = -1;
      const handle = async ({ events }: EventBatch) => {
        await new Promise((resolve) => setTimeout(resolve, 5));
        handled += events.length;
      };
      const { subscription } = subscribe({ handle, batchSizeMax: 10, caughtUp: () => (handledWhenCaughtUp = handled) });
      await until(() => handledWhenCaughtUp >= 0);
      expect(handledWhenCaughtUp).toBe(30);
      expect(subscription.state).toBe('live');
    });

    it('54 is caught up at once on an empty log and from the end', async () => {
      let caughtUp = 0;
      subscribe({ caughtUp: () => caughtUp++ });
      await until(() => caughtUp === 1);
      await append(1);
      subscribe({ from: 'end', caughtUp: () => caughtUp++ });
      await until(() => caughtUp === 2);
    });

    it('56 hands a slow reader one batch at a time, none larger than asked for', async () => {
      await append(100);
      let atWork = 0;
      let count = 0;
      const handle = async ({ events }: EventBatch) => {
        expect(++atWork).toBe(1);
        expect(events.length).toBeLessThanOrEqual(7);
        await new Promise((resolve) => setTimeout(resolve, 1));
        atWork--;
        count += events.length;
      };
      const { subscription } = subscribe({ handle, batchSizeMax: 7 });
      await until(() => count === 100);
      expect(subscription.state).toBe('live');
    });

    it('57 unsubscribes within a second, again and again, even under a handler that never ends', async () => {
      await append(1);
      const { subscription: idle } = subscribe();
      await idle.unsubscribe();
      await idle.unsubscribe();
      await idle.stopped;
      let isCalled = false;
      const handle = () => {
        isCalled = true;
        return new Promise<void>(() => undefined);
      };
      const { subscription: stuck } = subscribe({ handle });
      await until(() => isCalled);
      const began = performance.now();
      await stuck.unsubscribe();
      expect(performance.now() - began).toBeLessThan(1500);
    });
  });
}
