import type pg from 'pg';
import type { EventStore } from '../../event-store/domain/event-store.ts';
import { PostgresLeafPlaces } from '../../integrity/adapters/postgres/postgres.leaf-places.ts';
import { DiscoveredLogs } from '../../integrity/application/discovered-logs.ts';
import { followStore } from '../../integrity/application/follow-store.ts';
import type { PlacedTree } from '../../integrity/application/leaf-places.ts';
import { emptyReadModel } from '../../read-store/empty-read-model.ts';
import type { Projection } from '../../read-store/projection.ts';
import { claimAlone } from '../../read-store/service-presence.ts';
import { tellAgain } from '../../settlement/adapters/postgres/tell-again.ts';

export interface StoreAdoption {
  /** The store that the ledger lives on from now on. */
  readonly store: EventStore;
  readonly pool: pg.Pool;
  readonly readModels: readonly Projection[];
}

/**
 * Makes a ledger's database follow another store with the same log. Trees keep every leaf and root, and learn where the events stand now;
 * read models and processes begin at zero again, since their rows and checkpoints name positions of the old store, and what was seen on chains is
 * told once more. One transaction: after a crash everything is as before. Answers the trees that were moved.
 */
export async function adoptStore({ store, pool, readModels }: StoreAdoption): Promise<readonly PlacedTree[]> {
  const claim = await claimAlone(pool);
  const client = await pool.connect();
  try {
    await client.query('begin');
    const { storeId } = await store.head();
    const moved = await followStore(store, new DiscoveredLogs(store), new PostgresLeafPlaces(client));
    const { rows } = await client.query<{ name: string }>('select name from projection_checkpoint where store_id <> $1::uuid', [storeId]);
    const foreign = new Set(rows.map(({ name }) => name));
    for (const readModel of readModels) if (foreign.has(readModel.name)) await emptyReadModel(client, readModel, storeId);
    // A process, or an earlier version of a read model: it begins at zero. The commands of a process are safe to repeat.
    await client.query('delete from projection_checkpoint where store_id <> $1::uuid', [storeId]);
    await client.query('delete from aggregate_snapshot where store_id <> $1', [storeId]);
    await tellAgain(client);
    await client.query('commit');
    return moved;
  } catch (error) {
    await client.query('rollback').catch(() => undefined);
    throw error;
  } finally {
    client.release();
    await claim.leave();
  }
}
