import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { createDatabase, type FreshDatabase } from '../../bench/support/fresh-database.ts';
import { startThrowawayPostgres, type ThrowawayPostgres } from '../../bench/support/throwaway-postgres.ts';
import { PostgresEventStore } from '../../services/event-store/adapters/postgres/postgres.event-store.ts';
import type { AppendRequest } from '../../services/event-store/domain/event-store.ts';
import { StoreOverloadedFault } from '../../services/event-store/domain/faults.ts';
import { propose } from '../contracts/event-store/events.ts';

jest.setTimeout(300_000);

const queueLengthMax = 128;
const ordinaryCallers = 64;
const burstCallers = 10 * ordinaryCallers;
const ordinaryMs = 2_000;
const burstMs = 60_000;
const pauseMs = 20;

interface Load {
  /** Answered appends of each caller's stream. */
  readonly answered: readonly number[];
  readonly refused: number;
}

/** Every caller fills a stream of its own, event by event, and sends what was refused again after a pause. */
async function load(store: PostgresEventStore, name: string, callers: number, durationMs: number): Promise<Load> {
  let refused = 0;
  const end = performance.now() + durationMs;
  const call = async (caller: number): Promise<number> => {
    let answered = 0;
    while (performance.now() < end) {
      const expected = answered === 0 ? 'no_stream' : BigInt(answered - 1);
      const request: AppendRequest = { stream: `acme.account-${name}-${caller}`, expected, events: propose(1) };
      while (!(await isTaken(store, request))) {
        refused++;
        await sleep(pauseMs);
      }
      answered++;
    }
    return answered;
  };
  const answered = await Promise.all(Array.from({ length: callers }, (_, caller) => call(caller)));
  return { answered, refused };
}

async function isTaken(store: PostgresEventStore, request: AppendRequest): Promise<boolean> {
  try {
    await store.append(request);
    return true;
  } catch (error) {
    if (error instanceof StoreOverloadedFault) return false;
    throw error;
  }
}

/** How many events each stream holds; throws at a revision that is not the next one. */
async function stored(store: PostgresEventStore): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  for await (const { stream, revision } of store.readAll()) {
    const count = counts.get(stream) ?? 0;
    if (revision !== BigInt(count)) throw new Error(`${stream} goes on with revision ${revision} after ${count} events.`);
    counts.set(stream, count + 1);
  }
  return counts;
}

describe('[K10] a burst of ten times the ordinary callers for a minute', () => {
  let server: ThrowawayPostgres;
  let database: FreshDatabase;
  beforeAll(async () => {
    server = await startThrowawayPostgres();
    database = await createDatabase(server.url);
  });
  afterAll(() => server.stop());

  it('is held back by refusals, loses and repeats nothing, and leaves no trace when it is over', async () => {
    const store = new PostgresEventStore({ url: database.serviceUrl, queueLengthMax });
    const before = await load(store, 'before', ordinaryCallers, ordinaryMs);
    const burst = await load(store, 'burst', burstCallers, burstMs);
    const after = await load(store, 'after', ordinaryCallers, ordinaryMs);

    expect(before.refused).toBe(0);
    expect(burst.refused).toBeGreaterThan(0);
    expect(after.refused).toBe(0);
    const expected = new Map<string, number>();
    for (const [name, { answered }] of Object.entries({ before, burst, after }))
      answered.forEach((count, caller) => expected.set(`acme.account-${name}-${caller}`, count));
    expect(Math.min(...expected.values())).toBeGreaterThan(0); // Nobody starves.
    expect(await stored(store)).toEqual(expected);
    await store.dispose();
  });
});
