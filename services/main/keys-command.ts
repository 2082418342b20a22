import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { pino } from 'pino';
import { systemClock } from '../commands/application/clock.ts';
import { keyInFile } from '../integrity/adapters/keys/pem-keyring.ts';
import { PostgresHeadStore } from '../integrity/adapters/postgres/postgres.head-store.ts';
import { type Rotated, RotateKeys } from '../integrity/application/rotate-keys.ts';
import { SystemLog } from '../integrity/application/system-log.ts';
import { createPool } from '../read-store/pool.ts';
import { claimAlone } from '../read-store/service-presence.ts';
import { knownChainOf } from './chain-access.ts';
import { startEngines } from './embedded/engines.ts';
import { lastDataFolder } from './embedded/last-data-folder.ts';
import { openIntegrity } from './integrity.ts';
import { localProvider } from './local-provider.ts';
import { migrateWith } from './migrate.ts';
import { openEventStore } from './open-event-store.ts';
import { type Environment, readSettings, SettingsFault } from './settings.ts';

const usage =
  'keys takes: rotate --recovery-key <file> [--role log|receipts] [--provider <slug>] [--data <folder>]. The service is stopped meanwhile.';
const roles = ['log', 'receipts'] as const;

/** `keys rotate`: gives a log another key under the signature of its recovery key (docs/guides/rotate-keys.md). */
export async function runKeys([action = '', ...args]: readonly string[], environment: Environment): Promise<number> {
  if (action !== 'rotate') throw new SettingsFault(usage);
  const { settings, provider, role, recoveryKey } = optionsIn(args, environment);
  const recovery = await keyInFile(recoveryKey);
  const engines = await startEngines(settings, warn);
  const closing: (() => Promise<unknown>)[] = [() => engines.stop()];
  try {
    await migrateWith(engines);
    const pool = createPool({ url: engines.databaseUrl, connectionsMax: 8 });
    closing.push(() => pool.end());
    const claim = await claimAlone(pool);
    closing.push(() => claim.leave());
    const opened = await openEventStore(engines);
    closing.push(() => opened.dispose());
    const logger = pino({ level: settings.logLevel }, pino.destination(2));
    const keysFolder = join(settings.dataFolder, 'keys');
    const { logs, keyring, eventStore } = await openIntegrity({
      ...{ eventStore: opened, pool, keysFolder, logger, chain: knownChainOf(settings, engines) },
    });
    await logs.start(); // Every rotation and policy so far, and what follows below.
    closing.push(() => logs.stop());
    const rotate = new RotateKeys({ logs, keyring, heads: new PostgresHeadStore(pool), systemLog: new SystemLog(eventStore, systemClock) });
    const rotated = await (role === 'log' ? rotate.rotateLogKey(provider, recovery) : rotate.rotateReceiptsKey(provider, recovery));
    process.stdout.write(`${reportOf(provider, role, rotated)}\n`);
    return 0;
  } finally {
    for (const close of closing.reverse()) await close();
  }
}

function reportOf(provider: string, role: string, { vkey, isNew }: Rotated): string {
  return [
    isNew ? `The ${role} key of ${provider} was rotated. From the next start on it signs as` : `${provider} was rotated already, to`,
    `  ${vkey}`,
    ...(isNew ? [] : ['and no head is signed by it yet: start the service.']),
  ].join('\n');
}

function optionsIn(args: readonly string[], environment: Environment) {
  const text = { type: 'string' } as const;
  try {
    const { values } = parseArgs({ args: [...args], options: { 'recovery-key': text, role: text, provider: text, data: text } });
    const { 'recovery-key': recoveryKey = '', role: roleText = 'log', provider = localProvider.slug, data } = values;
    const role = roles.find((known) => known === roleText);
    if (recoveryKey === '' || role === undefined) throw new SettingsFault(usage);
    const settings = readSettings(data === undefined ? [] : ['--data', data], environment, lastDataFolder());
    return { settings, provider, role, recoveryKey: resolve(recoveryKey) };
  } catch (error) {
    throw error instanceof SettingsFault ? error : new SettingsFault((error as Error).message);
  }
}

function warn(text: string): void {
  process.stderr.write(`${text}\n`);
}
