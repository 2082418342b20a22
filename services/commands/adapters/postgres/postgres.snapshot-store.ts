import type { Pool } from 'pg';
import { inTransaction } from '../../../read-store/apply-batch.ts';
import type { Snapshot, SnapshotStore } from '../../application/snapshot-store.ts';

interface SnapshotRow extends Omit<Snapshot, 'storeId'> {
  readonly store_id: string;
}

/** Rows of `aggregate_snapshot`, whatever engine the events are on. */
export class PostgresSnapshotStore implements SnapshotStore {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  async find(stream: string, version: number): Promise<Snapshot | undefined> {
    const { rows } = await this.#pool.query<SnapshotRow>({
      name: 'snapshot_find',
      text: `
        select stream, version, revision, store_id, position, leaf, body, digest
          from aggregate_snapshot
         where stream = $1 and version = $2
         order by revision desc
         limit 1`,
      values: [stream, version],
    });
    const [row] = rows;
    if (row === undefined) return undefined;
    const { store_id: storeId, ...snapshot } = row;
    return { ...snapshot, storeId };
  }

  async save({ stream, version, revision, storeId, position, leaf, body, digest }: Snapshot): Promise<void> {
    const client = await this.#pool.connect();
    try {
      await inTransaction(client, async () => {
        await client.query({
          name: 'snapshot_drop_older',
          text: 'delete from aggregate_snapshot where stream = $1 and version <= $2 and revision < $3',
          values: [stream, version, revision],
        });
        await client.query({
          name: 'snapshot_save',
          text: `
            insert into aggregate_snapshot (stream, version, revision, store_id, position, leaf, body, digest)
            values ($1, $2, $3, $4, $5, $6, $7, $8)
            on conflict (stream, version, revision) do update
              set store_id = excluded.store_id, position = excluded.position, leaf = excluded.leaf,
                  body = excluded.body, digest = excluded.digest, taken_at = now()`,
          values: [stream, version, revision, storeId, position, leaf, body, digest],
        });
      });
    } finally {
      client.release();
    }
  }
}
