import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { Pool } from 'pg';
import { pino } from 'pino';
import { FolderLogMirror } from '../../integrity/adapters/mirror/folder.log-mirror.ts';
import { HttpLogMirror } from '../../integrity/adapters/mirror/http.log-mirror.ts';
import type { LogMirror } from '../../integrity/application/log-mirror.ts';
import { createPool } from '../../read-store/pool.ts';
import { knownChainOf } from '../chain-access.ts';
import { startEngines } from '../embedded/engines.ts';
import { lastDataFolder } from '../embedded/last-data-folder.ts';
import { localProvider } from '../local-provider.ts';
import { migrateWith } from '../migrate.ts';
import { openEventStore } from '../open-event-store.ts';
import { type Environment, readSettings, type Settings, SettingsFault } from '../settings.ts';
import { giveStoreId } from '../store/give-store-id.ts';
import { type RecoveredStore, recoverFromMirror } from './recover-from-mirror.ts';

const printEvery = 10_000n;

/**
 * `recover --from <folder|url> [--token <token>] [--provider <slug>] [--data <folder>]`: appends the events again that a restored log lacks
 * (docs/guides/backup-and-restore.md). Answers 1 while somebody still knows a newer head.
 */
export async function runRecover(args: readonly string[], environment: Environment): Promise<number> {
  const { settings, provider, from, token } = optionsIn(args, environment);
  const engines = await startEngines(settings, warn);
  let pool: Pool | undefined;
  try {
    await migrateWith(engines);
    pool = createPool({ url: engines.databaseUrl, connectionsMax: 8 });
    const recovered = await recoverFromMirror({
      ...{ pool, slug: provider, mirror: mirrorAt(from, token), keysFolder: keysIn(settings) },
      openStore: () => openEventStore(engines),
      chain: knownChainOf(settings, engines),
      logger: pino({ level: settings.logLevel }, pino.destination(2)),
      giveStoreId: () => giveStoreId(engines),
      begins: ({ held, missing }) => warn(`The log has ${held} leaves; ${missing} are missing and are appended now.`),
      progressed: (leaves) => (leaves % printEvery === 0n ? warn(`${leaves} leaves`) : undefined),
    });
    process.stdout.write(`${reportOf(provider, recovered)}\n`);
    return recovered.ahead.length === 0 ? 0 : 1;
  } finally {
    await pool?.end();
    await engines.stop();
  }
}

function keysIn({ dataFolder }: Settings): string {
  return resolve(dataFolder, 'keys');
}

function mirrorAt(from: string, token: string | undefined): LogMirror {
  if (!/^[a-z]+:\/\//i.test(from)) return new FolderLogMirror(resolve(from));
  if (!/^https?:\/\//i.test(from) || !URL.canParse(from)) throw new SettingsFault('--from takes a folder or an http(s) URL.');
  return new HttpLogMirror(from, { token });
}

function reportOf(provider: string, { held, appended, head, ahead, confirmedBy }: RecoveredStore): string {
  const lines = [
    appended === 0
      ? `Nothing was appended: the mirror holds nothing that the log of ${provider} lacks.`
      : `${appended.toLocaleString('en')} events of ${provider} were appended again behind the first ${held}.`,
    `The log has ${head.size} leaves, root ${head.root.toString('hex')}.`,
    ...confirmedBy.map((by) => `  ${by} knows this history`),
    ...ahead.map(({ by, size }) => `  ${by} knows ${size} leaves: ${size - head.size} are still missing, recover from a newer mirror`),
  ];
  return lines.join('\n');
}

function optionsIn(args: readonly string[], environment: Environment) {
  const text = { type: 'string' } as const;
  try {
    const { from, token, provider, data } = parseArgs({
      args: [...args],
      options: { from: text, token: text, provider: text, data: text },
    }).values;
    if (from === undefined || from === '') throw new SettingsFault('recover needs --from <folder|url>.');
    const settings = readSettings(data === undefined ? [] : ['--data', data], environment, lastDataFolder());
    return { settings, from, token: token ?? environment['MIRROR_TOKEN'], provider: provider ?? localProvider.slug };
  } catch (error) {
    throw error instanceof SettingsFault ? error : new SettingsFault((error as Error).message);
  }
}

function warn(text: string): void {
  process.stderr.write(`${text}\n`);
}
