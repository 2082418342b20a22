import type { Appended, AppendRequest, EventStore } from '../../event-store/domain/event-store.ts';
import { UnknownOutcomeFault } from '../../event-store/domain/faults.ts';
import { jitteredDelay } from './jittered-delay.ts';

/** Where the events stand: durable, under their ids. */
export interface Stored extends Pick<Appended, 'revision' | 'position'> {
  /** False where another process has written these ids before, with its own time and salts. */
  readonly isOurs: boolean;
}

/** Answers what is stored, or throws what the store said last when the deadline is over. */
export async function appendWithRetry(store: EventStore, request: AppendRequest, deadline: number): Promise<Stored> {
  const { revision, position, fresh } = await finalAnswer(store, request, deadline);
  return { revision, position, isOurs: fresh === true || (await isStored(store, request)) };
}

/** The same ids at the same expectation until the store gives a final answer: the store recognises what it has (promises 8-10). */
async function finalAnswer(store: EventStore, request: AppendRequest, deadline: number): Promise<Appended> {
  for (let attempt = 1; ; attempt++) {
    try {
      const appended = await store.append(request);
      return attempt === 1 ? appended : { ...appended, fresh: 'unknown' };
    } catch (error) {
      if (!(error instanceof UnknownOutcomeFault) || performance.now() >= deadline) throw error;
      await jitteredDelay(attempt);
    }
  }
}

/** Whether the very texts of ours are what is stored: nobody else has our salts. */
async function isStored(store: EventStore, { stream, expected, events }: AppendRequest): Promise<boolean> {
  const fromRevision = expected === 'no_stream' ? 0n : expected + 1n;
  const ours = events.values();
  for await (const stored of store.readStream(stream, { fromRevision, maxCount: events.length })) {
    const { value } = ours.next();
    if (stored.id !== value?.id || stored.type !== value.type) return false;
    if (stored.data !== value.data || stored.metadata !== value.metadata) return false;
  }
  return ours.next().done === true;
}
