import { setTimeout as sleep } from 'node:timers/promises';
import type { Appended, AppendRequest, EventStore } from '../../../services/event-store/domain/event-store.ts';
import { StoreUnavailableFault, UnknownOutcomeFault } from '../../../services/event-store/domain/faults.ts';

/** Longer than a network stalls in any test. */
const deadlineMs = 60_000;

/** The same ids at the same expectation, again and again until the store gives a final answer: how every caller treats an unknown outcome. */
export function appendUntilKnown(store: EventStore, request: AppendRequest): Promise<Appended> {
  return insist(() => store.append(request), UnknownOutcomeFault);
}

/** The same read again and again until the store is back: connections that its end broke may still be at hand. */
export function readUntilBack<T>(read: () => Promise<T>): Promise<T> {
  return insist(read, StoreUnavailableFault);
}

async function insist<T>(call: () => Promise<T>, fault: typeof UnknownOutcomeFault | typeof StoreUnavailableFault): Promise<T> {
  const end = performance.now() + deadlineMs;
  for (;;) {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof fault) || performance.now() > end) throw error;
      await sleep(5);
    }
  }
}
