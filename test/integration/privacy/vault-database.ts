import { afterAll, beforeAll } from '@jest/globals';
import type pg from 'pg';
import { createPool } from '../../../services/read-store/pool.ts';
import { freshDatabase, type TestDatabase } from '../../support/postgres.ts';
import { temporaryKeyFile } from '../../support/privacy.ts';

export interface VaultDatabase {
  readonly pool: pg.Pool;
  /** Path of the wrapping keys. */
  readonly keyFile: string;
}

/** One database and one file of keys for all tests of a file, which `opened` is given before the first. */
export function vaultDatabaseForFile(opened: (vault: VaultDatabase) => void): void {
  let database: TestDatabase;
  let pool: pg.Pool;
  let keys: Awaited<ReturnType<typeof temporaryKeyFile>>;
  beforeAll(async () => {
    database = await freshDatabase();
    pool = createPool({ url: database.serviceUrl });
    keys = await temporaryKeyFile();
    opened({ pool, keyFile: keys.path });
  });
  afterAll(async () => {
    await pool.end();
    await database.drop();
    await keys.remove();
  });
}
