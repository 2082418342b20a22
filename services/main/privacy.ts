import { join } from 'node:path';
import type { Pool } from 'pg';
import type { Logger } from 'pino';
import { systemClock } from '../commands/application/clock.ts';
import type { LogOrigins } from '../commands/application/receipts.ts';
import type { EventStore } from '../event-store/domain/event-store.ts';
import { SystemLog } from '../integrity/application/system-log.ts';
import { WrappingKeyFile } from '../privacy/adapters/keys/wrapping-key-file.ts';
import { PostgresVaultStore } from '../privacy/adapters/postgres/postgres.vault-store.ts';
import { Erasures } from '../privacy/application/erasures.ts';
import { Persons } from '../privacy/application/persons.ts';
import { Vault } from '../privacy/application/vault.ts';
import type { ProvidersWithLogs } from '../privacy/application/privacy-upkeep.ts';
import type { PrivacyPorts } from '../privacy/privacy.module.ts';

export interface PrivacyOptions {
  readonly eventStore: EventStore;
  readonly pool: Pool;
  readonly logs: LogOrigins & ProvidersWithLogs;
  readonly logger: Logger;
  readonly keysFolder: string;
  /** Where the keys that wrap the keys of persons lie; absent: in the folder of keys. */
  readonly personalDataKeyFile?: string | undefined;
}

/** The file of keys that wrap the keys of persons. */
export function wrappingKeyFile({
  keysFolder,
  personalDataKeyFile,
}: Pick<PrivacyOptions, 'keysFolder' | 'personalDataKeyFile'>): WrappingKeyFile {
  return new WrappingKeyFile(personalDataKeyFile ?? join(keysFolder, 'personal-data.keys'));
}

/** The parts that hold personal data, put together. */
export async function openPrivacy(options: PrivacyOptions): Promise<PrivacyPorts> {
  const { eventStore, pool, logs, logger } = options;
  const store = new PostgresVaultStore(pool);
  const keys = wrappingKeyFile(options);
  await keys.current(); // Before anything lies under it: a backup copies the keys first, and the database after them.
  const vault = new Vault(store, keys);
  return {
    ...{ vault, store, providers: logs, persons: new Persons(eventStore) },
    erasures: new Erasures(vault, new SystemLog(eventStore, systemClock), logs),
    onFailure: (err) => logger.error({ err }, 'Retention or the sweep of the vault failed; it is tried again in an hour.'),
  };
}
