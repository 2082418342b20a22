import { join } from 'node:path';
import type { Pool } from 'pg';
import { pino } from 'pino';
import type { EventStore } from '../event-store/domain/event-store.ts';
import { createPool } from '../read-store/pool.ts';
import { EngineFault } from './embedded/engine-fault.ts';
import { openEngines } from './embedded/engines.ts';
import { lastDataFolder } from './embedded/last-data-folder.ts';
import { type Integrity, openIntegrity } from './integrity.ts';
import { localProvider } from './local-provider.ts';
import { openEventStore } from './open-event-store.ts';
import { type Environment, readSettings } from './settings.ts';

/** What commands that only read take along. */
export interface ReadLedger {
  /** Slug of the provider whose ledger it is; it has a log. */
  readonly provider: string;
  readonly eventStore: EventStore;
  readonly integrity: Integrity;
  readonly pool: Pool;
}

export interface LedgerChoice {
  /** Folder of the data; the last one when absent. */
  readonly data: string | undefined;
  /** The local provider when absent. */
  readonly provider: string | undefined;
}

/**
 * Opens a provider's ledger to read from it, beside a running service or on a folder on which nothing runs, and closes it again. Throws
 * `EngineFault` for a provider without a log.
 */
export async function withLedger<Result>(
  { data, provider = localProvider.slug }: LedgerChoice,
  environment: Environment,
  use: (ledger: ReadLedger) => Promise<Result>,
): Promise<Result> {
  const settings = readSettings(data === undefined ? [] : ['--data', data], environment, lastDataFolder());
  const engines = await openEngines({ ...settings, chain: { kind: 'none' } }, warn);
  const pool = createPool({ url: engines.databaseUrl });
  let eventStore: EventStore | undefined;
  try {
    eventStore = await openEventStore(engines);
    const logger = pino({ level: settings.logLevel }, pino.destination(2));
    const integrity = await openIntegrity({ eventStore, pool, keysFolder: join(settings.dataFolder, 'keys'), chain: undefined, logger });
    if ((await integrity.logs.find(provider)) === undefined)
      throw new EngineFault(`There is no log of a provider ${provider} in ${settings.dataFolder}.`);
    return await use({ provider, eventStore, integrity, pool });
  } finally {
    await eventStore?.dispose();
    await pool.end();
    await engines.stop();
  }
}

function warn(text: string): void {
  process.stderr.write(`${text}\n`);
}
