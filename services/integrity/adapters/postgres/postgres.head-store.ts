import type { Pool } from 'pg';
import type { HeadStore } from '../../application/head-store.ts';
import { emptyRoot } from '../../domain/tree/node-hash.ts';
import type { PublishedHead, TreeHead } from '../../domain/tree-head.ts';
import { inPoolTransaction } from '../../../read-store/pool-transaction.ts';

/** One row a log: the durable head, and beside it the one that was signed and shown. */
export class PostgresHeadStore implements HeadStore {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  async durable(log: string): Promise<TreeHead> {
    const { rows } = await this.#pool.query<TreeHead>('select size, root from integrity_head where log = $1', [log]);
    return rows[0] ?? { size: 0n, root: emptyRoot };
  }

  async swap(log: string, from: TreeHead, to: TreeHead): Promise<boolean> {
    return inPoolTransaction(this.#pool, 'begin', async (client) => {
      // Whatever the server's default is: from here on the head and all that was committed before it stay.
      await client.query('set local synchronous_commit = on');
      await client.query(
        `insert into integrity_head (log, size, root, published_size, published_root, note)
         values ($1, 0, $2, 0, $2, '') on conflict (log) do nothing`,
        [log, emptyRoot],
      );
      const { rowCount } = await client.query(
        'update integrity_head set size = $2, root = $3 where log = $1 and size = $4 and root = $5 and size <= $2',
        [log, to.size, to.root, from.size, from.root],
      );
      return rowCount === 1;
    });
  }

  async publish(log: string, { size, root, note }: PublishedHead): Promise<void> {
    await this.#pool.query(
      `update integrity_head
       set published_size = $2, published_root = $3, note = $4
       where log = $1 and size >= $2 and published_size <= $2`,
      [log, size, root, note],
    );
  }

  async published(log: string): Promise<PublishedHead | undefined> {
    const { rows } = await this.#pool.query<PublishedHead>({
      name: 'integrity-published-head',
      text: `select published_size as size, published_root as root, note from integrity_head where log = $1 and note <> ''`,
      values: [log],
    });
    return rows[0];
  }
}
