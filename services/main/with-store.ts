import type { EventStore } from '../event-store/domain/event-store.ts';

/** Opens an event store for some work, and lets go of it whatever comes of that. */
export async function withStore<T>(open: () => Promise<EventStore>, work: (store: EventStore) => Promise<T>): Promise<T> {
  const store = await open();
  try {
    return await work(store);
  } finally {
    await store.dispose();
  }
}
