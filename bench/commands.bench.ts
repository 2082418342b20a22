import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CommandBus } from '@nestjs/cqrs';
import { pino } from 'pino';
import { openService } from '../services/main/service.ts';
import { type BenchContext, percentile } from './report.ts';
import { callers, measureBare, roundMs, rounds } from './support/bare-append.ts';
import { openAccount, postCharge, storedCharge } from './support/charges.ts';
import { createDatabase } from './support/fresh-database.ts';
import { startThrowawayPostgres } from './support/throwaway-postgres.ts';

const accountsPerCaller = 20;

/**
 * Durable commands through the bus: rated by nothing, decided, sealed, appended and answered with a signed receipt, 64 callers. The
 * API alone, as behind a load balancer; read models run elsewhere. The limit is the bare group-commit SQL of the same events, as large
 * and as many at once.
 */
export async function run({ report }: BenchContext): Promise<void> {
  const server = await startThrowawayPostgres();
  const dataFolder = await mkdtemp(join(tmpdir(), 'tallyroot-bench-'));
  const database = await createDatabase(server.url);
  const logger = pino({ level: 'error' });
  const service = await openService({ databaseUrl: database.serviceUrl, dataFolder, host: '127.0.0.1', port: 0, logger, roles: [] });
  try {
    const accounts = await openAccounts(service.commands);
    const text = await storedCharge(service, accounts[0]?.[0] as string);
    const bare: number[] = [];
    const bus: number[] = [];
    const latencies: number[] = [];
    for (let round = 0; round < rounds; round++) {
      bare.push(await measureBare(database.serviceUrl, { eventsPerAppend: 1, name: `bare${round}`, text }));
      bus.push(await measureBus(service.commands, { accounts, round, latencies }));
    }
    report({
      name: `commands.${callers}x1`,
      figure: percentile(bus, 0.5),
      unit: 'commands/s',
      p50: percentile(latencies, 0.5),
      p99: percentile(latencies, 0.99),
      baseline: percentile(bare, 0.5),
    });
  } finally {
    await service.close();
    await server.stop();
    await rm(dataFolder, { recursive: true, force: true });
  }
}

async function openAccounts(bus: CommandBus): Promise<string[][]> {
  const places = Array.from({ length: accountsPerCaller }, (_, index) => index);
  const own = (caller: number) => Promise.all(places.map((index) => openAccount(bus, `${caller}:${index}`)));
  return Promise.all(Array.from({ length: callers }, (_, caller) => own(caller)));
}

interface BusRound {
  readonly accounts: readonly (readonly string[])[];
  readonly round: number;
  readonly latencies: number[];
}

async function measureBus(bus: CommandBus, { accounts, round, latencies }: BusRound): Promise<number> {
  let commands = 0;
  const began = performance.now();
  const call = async (own: readonly string[], caller: number) => {
    for (let index = 0, sent = performance.now(); sent - began < roundMs; index++, sent = performance.now()) {
      await postCharge(bus, own[index % own.length] as string, `${round}:${caller}:${index}`);
      latencies.push(performance.now() - sent);
      commands++;
    }
  };
  await Promise.all(accounts.map(call));
  return commands / ((performance.now() - began) / 1000);
}
