import { randomUUID } from 'node:crypto';
import type { AppendRequest, EventStore } from '../../services/event-store/domain/event-store.ts';
import { callers, roundMs, smallCharge } from './bare-append.ts';

/** What each account holds before anything is measured. */
const eventsPerAccount = 12;

export interface GrowingFigures {
  readonly appendsPerSecond: number;
  readonly appendMs: readonly number[];
  /** One account read from its beginning, as a decider does without a snapshot. */
  readonly readMs: readonly number[];
}

/** So many accounts with a dozen events each; then charges and reads of accounts drawn at random by 64 callers, each with accounts of its own. */
export async function measureAtSize(store: EventStore, accounts: number): Promise<GrowingFigures> {
  const revisions = new Array<bigint>(accounts).fill(BigInt(eventsPerAccount - 1));
  await asCallers(async (caller) => {
    for (let account = caller; account < accounts; account += callers)
      await store.append({ stream: streamOf(account), expected: 'no_stream', events: eventsOf(eventsPerAccount) });
  });
  const appendMs: number[] = [];
  const readMs: number[] = [];
  const accountsEach = Math.floor(accounts / callers);
  const drawn = (caller: number) => caller + callers * Math.floor(Math.random() * accountsEach);
  const appendsBegan = performance.now();
  await asCallers(async (caller) => {
    while (performance.now() - appendsBegan < roundMs) {
      const account = drawn(caller);
      const expected = revisions[account] as bigint;
      const request: AppendRequest = { stream: streamOf(account), expected, events: eventsOf(1) };
      appendMs.push(await elapsedMs(() => store.append(request)));
      revisions[account] = expected + 1n;
    }
  });
  const appendsPerSecond = (appendMs.length * 1000) / (performance.now() - appendsBegan);
  const readsBegan = performance.now();
  await asCallers(async (caller) => {
    while (performance.now() - readsBegan < roundMs) readMs.push(await elapsedMs(() => readWhole(store, streamOf(drawn(caller)))));
  }, 4);
  return { appendsPerSecond, appendMs, readMs };
}

const streamOf = (account: number) => `bench.account-${account}`;
const eventsOf = (count: number) => Array.from({ length: count }, () => ({ id: randomUUID(), type: 'AccountCharged/1', ...smallCharge }));

async function asCallers(work: (caller: number) => Promise<void>, count = callers): Promise<void> {
  await Promise.all(Array.from({ length: count }, (_, caller) => work(caller)));
}

async function readWhole(store: EventStore, stream: string): Promise<void> {
  let events = 0;
  for await (const _ of store.readStream(stream)) events++;
  if (events < eventsPerAccount) throw new Error(`${stream} holds ${events} events.`);
}

async function elapsedMs(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}
