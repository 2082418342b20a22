import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import type { EventStore } from '../services/event-store/domain/event-store.ts';
import { openService } from '../services/main/service.ts';
import { type BenchContext, percentile } from './report.ts';
import { openAccount, postCharge, storedCharge } from './support/charges.ts';
import { createDatabase } from './support/fresh-database.ts';
import { startThrowawayPostgres } from './support/throwaway-postgres.ts';

const paces = [1_000, 4_000];
const accounts = 500;
const roundMs = 4_000;
const rounds = 3;
/** What the receipt may add to the append. */
const budgetMs = 5;

/**
 * What a receipt takes beyond the append: charges through the bus (decided, sealed, appended, promised under one signature a flush) and bare
 * appends of the same bytes by the same store, in turn, both at a pace that waits for no answer. `over-append` is the time from the
 * store's answer to the command's own append until the command's answer with its receipt; its figure is the p99, its baseline the budget. The
 * API alone, as behind a load balancer. Medians of three rounds.
 */
export async function run({ report }: BenchContext): Promise<void> {
  const server = await startThrowawayPostgres();
  const dataFolder = await mkdtemp(join(tmpdir(), 'tallyroot-bench-'));
  const { serviceUrl } = await createDatabase(server.url);
  const logger = pino({ level: 'error' });
  const service = await openService({ databaseUrl: serviceUrl, dataFolder, host: '127.0.0.1', port: 0, logger, roles: [] });
  try {
    const { commands, eventStore } = service;
    const ids = await Promise.all(Array.from({ length: accounts }, (_, index) => openAccount(commands, `${index}`)));
    const text = await storedCharge(service, ids[0] as string);
    const appendedAt = noteAppends(eventStore);
    for (const pace of paces) {
      const [appended, answered, over]: [number[][], number[][], number[][]] = [[], [], []];
      for (let round = 0; round < rounds; round++) {
        const append = async (number: number) => {
          const stream = `demo.account-bare-${pace}-${round}-${number}`;
          await eventStore.append({ stream, expected: 'no_stream', events: [{ id: randomUUID(), type: 'ChargePosted/1', ...text }] });
        };
        const overs: number[] = [];
        const charge = async (number: number) => {
          const { event } = await postCharge(commands, ids[number % ids.length] as string, `${pace}:${round}:${number}`);
          overs.push(performance.now() - (appendedAt.get(event) as number));
        };
        appended.push(await latenciesAt(pace, append));
        answered.push(await latenciesAt(pace, charge));
        over.push(overs);
        appendedAt.clear();
      }
      for (const [name, samples] of Object.entries({ appended, answered }))
        report({ name: `receipt.${name}.${pace}`, figure: pace, unit: 'per s', p50: medianOf(samples, 0.5), p99: medianOf(samples, 0.99) });
      const [p50, p99] = [medianOf(over, 0.5), medianOf(over, 0.99)];
      report({ name: `receipt.over-append.${pace}`, figure: p99, unit: 'ms', p50, p99, baseline: budgetMs });
    }
  } finally {
    await service.close();
    await server.stop();
    await rm(dataFolder, { recursive: true, force: true });
  }
}

/** By event id, when the store has answered its append. */
function noteAppends(store: EventStore): Map<string, number> {
  const appendedAt = new Map<string, number>();
  const append = store.append.bind(store);
  store.append = async (request) => {
    const answer = await append(request);
    for (const { id } of request.events) appendedAt.set(id, performance.now());
    return answer;
  };
  return appendedAt;
}

function medianOf(samples: readonly (readonly number[])[], share: number): number {
  return percentile(
    samples.map((round) => percentile(round, share)),
    0.5,
  );
}

/** How long each piece of work took from when it was due, in ms. */
async function latenciesAt(perSecond: number, work: (number: number) => Promise<unknown>): Promise<number[]> {
  const latencies: number[] = [];
  const running: Promise<void>[] = [];
  const began = performance.now();
  const one = async (number: number) => {
    const due = began + (number * 1000) / perSecond;
    await work(number);
    latencies.push(performance.now() - due);
  };
  const count = (roundMs * perSecond) / 1000;
  while (running.length < count) {
    const due = Math.min(count, Math.ceil(((performance.now() - began) * perSecond) / 1000));
    while (running.length < due) running.push(one(running.length));
    await sleep(1);
  }
  await Promise.all(running);
  return latencies;
}
