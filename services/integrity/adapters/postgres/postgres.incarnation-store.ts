import type { Pool } from 'pg';
import type { EndedIncarnation, IncarnationStore } from '../../application/incarnation-store.ts';
import { earlierKey } from '../../application/incarnations.ts';
import { inPoolTransaction } from '../../../read-store/pool-transaction.ts';

/** Whatever has a column `log`, but for the cosignatures, which follow their heads. */
const keptByLog = [
  ...['integrity_tree', 'integrity_leaf', 'integrity_tile', 'integrity_head', 'integrity_fold', 'integrity_balance', 'integrity_turnover'],
  ...['integrity_carried', 'integrity_round', 'integrity_anchor', 'integrity_anchor_cost', 'integrity_anchoring_status'],
] as const;

/** Rows of `integrity_incarnation`, and the keys of the rows of all tables of the logs. */
export class PostgresIncarnationStore implements IncarnationStore {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  async setAsideCount(slug: string): Promise<number> {
    const { rows } = await this.#pool.query<{ count: bigint }>('select count(*) from integrity_incarnation where slug = $1', [slug]);
    return Number(rows[0]?.count ?? 0n);
  }

  async setAside({ slug, number, size }: EndedIncarnation): Promise<void> {
    const key = earlierKey(slug, number);
    await inPoolTransaction(this.#pool, 'begin', async (client) => {
      await client.query('set local synchronous_commit = on');
      const { rowCount } = await client.query(
        'insert into integrity_incarnation (log, slug, number, size) values ($1, $2, $3, $4) on conflict do nothing',
        [key, slug, number, size],
      );
      if (rowCount !== 1) return; // Whoever came first has done it, or is doing it: the insert waited for that.
      for (const table of keptByLog) await client.query(`update ${table} set log = $2 where log = $1`, [slug, key]);
      await client.query(
        `insert into integrity_witnessed_head select $2, size, root, note, offered_at from integrity_witnessed_head where log = $1`,
        [slug, key],
      );
      await client.query('update integrity_cosignature set log = $2 where log = $1', [slug, key]);
      await client.query('delete from integrity_witnessed_head where log = $1', [slug]);
    });
  }
}
