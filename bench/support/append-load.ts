import type { AppendRequest, EventStore } from '../../services/event-store/domain/event-store.ts';
import { callers, requestsOf, type Round, roundMs } from './bare-append.ts';

/** Events per second with 64 callers that each wait for their answer; what each answer took, in ms, is added to `latencies`. */
export async function measureAppends(
  append: (request: AppendRequest) => Promise<unknown>,
  { latencies, ...round }: Round & { latencies: number[] },
): Promise<number> {
  let events = 0;
  const began = performance.now();
  const call = async (caller: number) => {
    const next = requestsOf(round, caller);
    for (let sent = performance.now(); sent - began < roundMs; sent = performance.now()) {
      await append(next());
      latencies.push(performance.now() - sent);
      events += round.eventsPerAppend;
    }
  };
  await Promise.all(Array.from({ length: callers }, (_, caller) => call(caller)));
  return (events * 1000) / (performance.now() - began);
}

/** Appends per second to one stream: 64 are under way, each at the revision at which the one before it ends. */
export async function measureHotStream(store: EventStore, name: string): Promise<number> {
  const stream = `bench.account-${name}`;
  const next = requestsOf({ eventsPerAppend: 1, name }, 0);
  let sent = 0;
  const began = performance.now();
  const call = async () => {
    while (performance.now() - began < roundMs) {
      const revision = sent++;
      await store.append({ stream, expected: revision === 0 ? 'no_stream' : BigInt(revision - 1), events: next().events });
    }
  };
  await Promise.all(Array.from({ length: callers }, call));
  return (sent * 1000) / (performance.now() - began);
}
