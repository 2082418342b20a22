import type { Pool } from 'pg';
import type { Anchor } from '../../application/anchor-store.ts';
import type { LeafRow } from '../../application/leaf-store.ts';
import type { LogIndex } from '../../application/log-index.ts';
import type { TreeHead } from '../../domain/tree-head.ts';
import { anchorOf, type AnchorRow } from './postgres.anchor-store.ts';
import { leafOfRow, selectLeaf, type StoredLeaf } from './postgres.leaf-store.ts';

/** Every question has an index of its own: logs are long, and whoever looks through them need not be their operator. */
export class PostgresLogIndex implements LogIndex {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  async leafAt(log: string, index: bigint): Promise<LeafRow | undefined> {
    const { rows } = await this.#pool.query<StoredLeaf>({
      name: 'integrity-leaf-at',
      text: `${selectLeaf} where log = $1 and leaf_index = $2`,
      values: [log, index],
    });
    return rows[0] && leafOfRow(rows[0]);
  }

  async leafByHash(log: string, hash: Buffer): Promise<LeafRow | undefined> {
    const { rows } = await this.#pool.query<StoredLeaf>({
      name: 'integrity-leaf-by-hash',
      text: `${selectLeaf} where substring(leaf_hash from 1 for 8) = substring($2::bytea from 1 for 8) and leaf_hash = $2 and log = $1`,
      values: [log, hash],
    });
    return rows[0] && leafOfRow(rows[0]);
  }

  async leavesOfEvents(log: string, eventIds: readonly string[]): Promise<LeafRow[]> {
    const { rows } = await this.#pool.query<StoredLeaf>({
      name: 'integrity-leaves-of-events',
      text: `select distinct on (event_id) * from (${selectLeaf} where event_id = any ($2::uuid[]) and log = $1) as leaf order by event_id, leaf_index`,
      values: [log, eventIds],
    });
    return rows.map(leafOfRow).sort((left, right) => (left.index < right.index ? -1 : 1));
  }

  anchorsByTransaction(log: string, tx: string): Promise<Anchor[]> {
    return this.#anchors('tx = $2 and log = $1', [log, tx]);
  }

  anchorsOfRoot(log: string, root: Buffer): Promise<Anchor[]> {
    return this.#anchors('root = $2 and log = $1', [log, root]);
  }

  anchorsOfSize(log: string, size: bigint): Promise<Anchor[]> {
    return this.#anchors('size = $2 and log = $1', [log, size]);
  }

  committedHeadOfRoot(log: string, root: Buffer): Promise<TreeHead | undefined> {
    return this.#committedHead('head_root = $2 and log = $1', [log, root]);
  }

  committedHeadOfSize(log: string, size: bigint): Promise<TreeHead | undefined> {
    return this.#committedHead('head_size = $2 and log = $1', [log, size]);
  }

  async anchorsCovering(log: string, index: bigint): Promise<Anchor[]> {
    const { rows } = await this.#pool.query<AnchorRow>({
      name: 'integrity-anchors-covering',
      // One step into the primary key for each contract and one for its anchor, however many anchors there are.
      text: `
        with recursive place as (
          (select chain_id, contract from integrity_anchor where log = $1 order by chain_id, contract limit 1)
          union all
          select following.chain_id, following.contract
          from place
          cross join lateral (
            select chain_id, contract
            from integrity_anchor
            where log = $1 and (chain_id, contract) > (place.chain_id, place.contract)
            order by chain_id, contract
            limit 1
          ) as following
        )
        select covering.*
        from place
        cross join lateral (
          select *
          from integrity_anchor
          where log = $1 and chain_id = place.chain_id and contract = place.contract and size > $2
            and state not in ('dropped', 'superseded')
          order by size
          limit 1
        ) as covering`,
      values: [log, index],
    });
    return rows.map(anchorOf);
  }

  async #anchors(where: string, values: readonly unknown[]): Promise<Anchor[]> {
    const { rows } = await this.#pool.query<AnchorRow>(`select * from integrity_anchor where ${where} order by chain_id, contract, size`, [
      ...values,
    ]);
    return rows.map(anchorOf);
  }

  async #committedHead(where: string, values: readonly unknown[]): Promise<TreeHead | undefined> {
    const { rows } = await this.#pool.query<{ head_size: bigint; head_root: Buffer }>(
      `select head_size, head_root from integrity_round where ${where} limit 1`,
      [...values],
    );
    return rows[0] && { size: rows[0].head_size, root: rows[0].head_root };
  }
}
