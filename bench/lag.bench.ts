import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CommandBus } from '@nestjs/cqrs';
import { pino } from 'pino';
import { PostgresHeadStore } from '../services/integrity/adapters/postgres/postgres.head-store.ts';
import { PostgresLeafStore } from '../services/integrity/adapters/postgres/postgres.leaf-store.ts';
import { LogQuery } from '../services/integrity/application/log-query.ts';
import { readModels } from '../services/main/read-models.ts';
import { openService } from '../services/main/service.ts';
import { ProjectionProgress } from '../services/read-store/projection-progress.ts';
import { type BenchContext, percentile } from './report.ts';
import { openAccount, postCharge } from './support/charges.ts';
import { createDatabase } from './support/fresh-database.ts';
import { startThrowawayPostgres } from './support/throwaway-postgres.ts';

const commandsPerSecond = 1_000;
const accounts = 500;
/** One command of so many is followed to the end. */
const followedEach = 20;
const pollMs = 20;

interface Lags {
  /** From the call to the answer with its receipt. */
  readonly answered: number[];
  /** From the answer until a published head covers the leaf. */
  readonly integrated: number[];
  /** From the answer until every read model shows the event. */
  readonly projected: number[];
}

/**
 * Every role in one process, at 1,000 charges a second that come whether or not the last was answered: how long until a signed head covers a
 * charge, and until all read models show it. Option: for how many seconds (20).
 */
export async function run({ report, options }: BenchContext): Promise<void> {
  const server = await startThrowawayPostgres();
  const dataFolder = await mkdtemp(join(tmpdir(), 'tallyroot-bench-'));
  const { serviceUrl } = await createDatabase(server.url);
  const service = await openService({ databaseUrl: serviceUrl, dataFolder, host: '127.0.0.1', port: 0, logger: pino({ level: 'error' }) });
  try {
    const query = new LogQuery(new PostgresLeafStore(service.pool), new PostgresHeadStore(service.pool));
    const progress = new ProjectionProgress(service.pool);
    const ids = await Promise.all(Array.from({ length: accounts }, (_, index) => openAccount(service.commands, `${index}`)));
    const lags: Lags = { answered: [], integrated: [], projected: [] };
    const follow = async (event: string, position: bigint) => {
      const answered = performance.now();
      const integrated = untilCovered(query, event).then(() => lags.integrated.push(performance.now() - answered));
      const shown = readModels.map((model) => progress.waitFor(model, { position, timeoutMs: 30_000 }));
      const projected = Promise.all(shown).then(() => lags.projected.push(performance.now() - answered));
      await Promise.all([integrated, projected]);
    };
    const seconds = Number(options[0] ?? 20);
    const running: Promise<void>[] = [];
    const began = performance.now();
    for (let sent = 0; sent < seconds * commandsPerSecond;) {
      const due = ((performance.now() - began) * commandsPerSecond) / 1000;
      for (; sent < due; sent++) running.push(charge(service.commands, ids[sent % ids.length] as string, sent, { lags, follow }));
      await sleep(1);
    }
    await Promise.all(running);
    const figure = (running.length * 1000) / (performance.now() - began);
    for (const [name, samples] of Object.entries(lags) as [string, number[]][])
      report({
        ...{ name: `lag.${name}`, figure, unit: 'commands/s', baseline: commandsPerSecond },
        ...{ p50: percentile(samples, 0.5), p99: percentile(samples, 0.99) },
      });
  } finally {
    await service.close();
    await server.stop();
    await rm(dataFolder, { recursive: true, force: true });
  }
}

interface Following {
  readonly lags: Lags;
  readonly follow: (event: string, position: bigint) => Promise<void>;
}

async function charge(bus: CommandBus, account: string, number: number, { lags, follow }: Following): Promise<void> {
  const sent = performance.now();
  const { event, position } = await postCharge(bus, account, `${number}`);
  lags.answered.push(performance.now() - sent);
  if (number % followedEach === 0) await follow(event, position);
}

async function untilCovered(query: LogQuery, event: string): Promise<void> {
  for (; ; await sleep(pollMs)) {
    const leaf = await query.find('demo', { event });
    if (leaf !== undefined && (await query.inclusion('demo', leaf)) !== undefined) return;
  }
}
