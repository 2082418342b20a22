import pg from 'pg';
import type { Engines } from '../embedded/engines.ts';

/**
 * Gives the event store another id, after it was set back to an older copy and before any service starts on it. Positions that were handed
 * out since the copy are handed out again, to other events; whoever kept a checkpoint then recognises another store.
 */
export async function giveStoreId({ eventStoreUrl, databaseOwnerUrl }: Pick<Engines, 'eventStoreUrl' | 'databaseOwnerUrl'>): Promise<void> {
  if (eventStoreUrl !== undefined) {
    const eventStoreDB = await import('../../event-store/adapters/eventstoredb/given-store-id.ts');
    return eventStoreDB.giveStoreId(eventStoreUrl);
  }
  const client = new pg.Client({ connectionString: databaseOwnerUrl });
  await client.connect();
  try {
    await client.query('update event_store.event_log_head set store_id = gen_random_uuid()');
  } finally {
    await client.end();
  }
}
