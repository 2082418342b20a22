import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { pino } from 'pino';
import type { EventStore } from '../event-store/domain/event-store.ts';
import { ExportRefusedFault, exportLog } from '../integrity/application/export-log.ts';
import { createPool } from '../read-store/pool.ts';
import { EngineFault } from './embedded/engine-fault.ts';
import { openEngines } from './embedded/engines.ts';
import { lastDataFolder } from './embedded/last-data-folder.ts';
import { openIntegrity } from './integrity.ts';
import { localProvider } from './local-provider.ts';
import { openEventStore } from './open-event-store.ts';
import { type Environment, readSettings, SettingsFault } from './settings.ts';

/**
 * `export --out <folder> [--data <folder>] [--provider <slug>]`: writes the published files of a log for an auditor. Beside a running
 * service, or on a folder on which nothing runs.
 */
export async function runExport(args: readonly string[], environment: Environment): Promise<number> {
  const { out, data, provider = localProvider.slug } = optionsIn(args);
  if (out === undefined) throw new SettingsFault('export needs --out <folder>.');
  const settings = readSettings(data === undefined ? [] : ['--data', data], environment, lastDataFolder());
  const engines = await openEngines({ ...settings, chain: { kind: 'none' } }, warn);
  const pool = createPool({ url: engines.databaseUrl });
  let eventStore: EventStore | undefined;
  try {
    eventStore = await openEventStore(engines);
    const logger = pino({ level: settings.logLevel }, pino.destination(2));
    const { files, logs } = await openIntegrity({ eventStore, pool, keysFolder: settings.dataFolder, chain: undefined, logger });
    if ((await logs.find(provider)) === undefined)
      throw new EngineFault(`There is no log of a provider ${provider} in ${settings.dataFolder}.`);
    const count = await exportLog(files, provider, resolve(out));
    process.stdout.write(`${count} files of ${provider} in ${resolve(out)}; genesis hash ${await logs.genesisHashOf(provider)}\n`);
    return 0;
  } catch (error) {
    throw error instanceof ExportRefusedFault ? new EngineFault(error.message) : error;
  } finally {
    await eventStore?.dispose();
    await pool.end();
    await engines.stop();
  }
}

function optionsIn(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: { out: { type: 'string' }, data: { type: 'string' }, provider: { type: 'string' } } })
      .values;
  } catch (error) {
    throw new SettingsFault((error as Error).message);
  }
}

function warn(text: string): void {
  process.stderr.write(`${text}\n`);
}
