import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CommandBus } from '@nestjs/cqrs';
import { pino } from 'pino';
import { OpenAccount } from '../services/accounts/application/open-account.handler.ts';
import { PostCharge } from '../services/accounts/application/post-charge.handler.ts';
import { type Envelope, envelopeOf } from '../services/commands/application/envelope.ts';
import { createdIdOf } from '../services/commands/application/command-id.ts';
import type { CanonicalJson } from '../services/event-store/domain/canonical-json.ts';
import { openService, type Service } from '../services/main/service.ts';
import { moneyOf } from '../services/money/money.ts';
import { type BenchContext, percentile } from './report.ts';
import { callers, type EventText, measureBare, roundMs, rounds } from './support/bare-append.ts';
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
  const creditLimit = moneyOf('1000000000', 'EUR');
  const open = async (caller: number, index: number): Promise<string> => {
    const envelope = envelopeFor('OpenAccount', `open:${caller}:${index}`);
    const account = createdIdOf(envelope.commandId, 'acc_');
    await bus.execute(new OpenAccount(envelope, account, { account, billing: 'postpaid', creditLimit }));
    return account;
  };
  const places = Array.from({ length: accountsPerCaller }, (_, index) => index);
  return Promise.all(Array.from({ length: callers }, (_, caller) => Promise.all(places.map((index) => open(caller, index)))));
}

/** What such a command stores: the limit is measured with the same bytes. */
async function storedCharge({ commands, eventStore }: Service, account: string): Promise<EventText> {
  const envelope = envelopeFor('PostCharge', 'charge:sample');
  const data = { amount: moneyOf('0.17', 'EUR'), product: 'voice-day', description: 'Voice, day' };
  await commands.execute(new PostCharge(envelope, account, data));
  for await (const event of eventStore.readStream(`demo.account-${account}`, { direction: 'backwards', maxCount: 1 })) {
    return { data: event.data as CanonicalJson, metadata: event.metadata as CanonicalJson };
  }
  throw new Error('The sample charge was not stored.');
}

interface BusRound {
  readonly accounts: readonly (readonly string[])[];
  readonly round: number;
  readonly latencies: number[];
}

async function measureBus(bus: CommandBus, { accounts, round, latencies }: BusRound): Promise<number> {
  const amount = moneyOf('0.17', 'EUR');
  let commands = 0;
  const began = performance.now();
  const call = async (own: readonly string[], caller: number) => {
    for (let index = 0, sent = performance.now(); sent - began < roundMs; index++, sent = performance.now()) {
      const envelope = envelopeFor('PostCharge', `charge:${round}:${caller}:${index}`);
      const account = own[index % own.length] as string;
      const outcome = await bus.execute(new PostCharge(envelope, account, { amount, product: 'voice-day', description: 'Voice, day' }));
      if (outcome.kind === 'rejected') throw new Error(outcome.rejection.code);
      latencies.push(performance.now() - sent);
      commands++;
    }
  };
  await Promise.all(accounts.map(call));
  return commands / ((performance.now() - began) / 1000);
}

function envelopeFor(command: string, key: string): Envelope {
  return envelopeOf({ provider: 'demo', actor: { id: 'bench', type: 'api_key' }, key, command, body: { key }, patienceMs: 60_000 });
}
