import type pg from 'pg';
import { resetCheckpoint } from './checkpoint.ts';
import type { Projection } from './projection.ts';

/** Takes a read model back to its beginning on this event store, inside the caller's transaction: its next runner replays the log. */
export async function emptyReadModel(client: pg.ClientBase, projection: Projection, storeId: string): Promise<void> {
  for (const table of projection.tables) await client.query(`drop table if exists ${table} cascade`);
  await client.query(projection.schema);
  await resetCheckpoint(client, projection, storeId);
}
