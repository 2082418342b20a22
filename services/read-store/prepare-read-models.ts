import type pg from 'pg';
import { inTransaction } from './apply-batch.ts';
import type { Projection } from './projection.ts';

/** Any 63-bit number that nothing else in the database uses. */
const schemaLock = 7_302_658_143_202n;

/** Makes the tables of read models that do not exist yet, so that a query finds an empty table and never none. Safe to race. */
export async function prepareReadModels(pool: pg.Pool, projections: readonly Projection[]): Promise<void> {
  const client = await pool.connect();
  try {
    await inTransaction(client, async () => {
      await client.query('select pg_advisory_xact_lock($1)', [schemaLock]);
      for (const { schema } of projections) await client.query(schema);
    });
  } finally {
    client.release();
  }
}
