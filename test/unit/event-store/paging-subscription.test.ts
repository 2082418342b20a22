import { describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { MemoryEventStore } from '../../../services/event-store/adapters/memory/memory.event-store.ts';
import { canonicalJson } from '../../../services/event-store/domain/canonical-json.ts';
import type { StoredEvent } from '../../../services/event-store/domain/event-store.ts';

const stream = 'aa.account-1';
const proposed = (type: string) => ({ id: randomUUID(), type, data: canonicalJson({ fin: {} }) });

describe('a subscription by paging', () => {
  it('shows ahead, while a batch is handled, exactly what the next batch holds', async () => {
    const store = new MemoryEventStore();
    const events = Array.from({ length: 25 }, (_, index) => proposed(index % 5 === 4 ? 'Other/1' : 'Wanted/1'));
    await store.append({ stream, expected: 'no_stream', events });
    const ahead: (readonly StoredEvent[])[] = [];
    const handled: (readonly StoredEvent[])[] = [];
    const { promise: caughtUp, resolve } = Promise.withResolvers<void>();
    const subscription = store.subscribeAll({
      from: 'start',
      filter: { typePrefixes: ['Wanted'] },
      batchSizeMax: 10,
      readAhead: (next) => void ahead.push(next),
      handle: async (batch) => {
        await sleep(1);
        handled.push(batch.events);
        if (handled.length <= 2) expect(ahead).toHaveLength(handled.length);
      },
      caughtUp: resolve,
    });
    await caughtUp;
    await subscription.unsubscribe();
    expect(handled.map((batch) => batch.length)).toEqual([8, 8, 4]);
    expect(ahead.map((next) => next.map(({ position }) => position))).toEqual(
      handled.slice(1).map((batch) => batch.map(({ position }) => position)),
    );
  });
});
