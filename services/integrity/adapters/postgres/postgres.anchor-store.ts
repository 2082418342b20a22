import type { Pool } from 'pg';
import type { Anchor, AnchorContract, AnchorPlace, AnchorState, AnchorStore } from '../../application/anchor-store.ts';

export interface AnchorRow {
  readonly log: string;
  readonly chain_id: string;
  readonly contract: string;
  readonly log_id: string;
  readonly size: bigint;
  readonly root: Buffer;
  readonly state: AnchorState;
  readonly old_size: bigint;
  readonly tx: string;
  readonly signed_at: Date;
  readonly search_from: bigint;
  readonly seq: bigint | null;
  readonly block: bigint | null;
  readonly block_hash: string | null;
}

/** Rows of `integrity_anchor`. */
export class PostgresAnchorStore implements AnchorStore {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  async keep(anchor: Anchor): Promise<void> {
    const { log, chainId, contract, logId, size, root, oldSize, tx, signedAt, searchFrom } = anchor;
    await this.#pool.query(
      `insert into integrity_anchor as kept
         (log, chain_id, contract, log_id, size, root, state, old_size, tx, signed_at, search_from)
       values ($1, $2, $3, $4, $5, $6, 'submitted', $7, $8, $9, $10)
       on conflict (log, chain_id, contract, size) do update set
         state = excluded.state, old_size = excluded.old_size, tx = excluded.tx, signed_at = excluded.signed_at,
         search_from = least(kept.search_from, excluded.search_from)
       where kept.state <> 'finalised' and kept.root = excluded.root`,
      [log, chainId, contract, logId, size, root, oldSize, tx, signedAt, searchFrom],
    );
  }

  async moved({ log, chainId, contract, size }: Anchor, state: AnchorState, place: AnchorPlace | undefined): Promise<void> {
    await this.#pool.query(
      `update integrity_anchor
       set state = $5, seq = $6, block = $7, block_hash = $8, tx = coalesce($9, tx)
       where log = $1 and chain_id = $2 and contract = $3 and size = $4 and state <> 'finalised'`,
      [log, chainId, contract, size, state, place?.seq, place?.block, place?.blockHash, place?.tx],
    );
  }

  async find(log: string, { chainId, contract }: AnchorContract, size: bigint): Promise<Anchor | undefined> {
    const where = 'log = $1 and chain_id = $2 and contract = $3 and size = $4';
    return (await this.#select(where, [log, chainId, contract, size]))[0];
  }

  async unsettled(log: string, { chainId, contract }: AnchorContract): Promise<Anchor[]> {
    const where = `log = $1 and chain_id = $2 and contract = $3 and state not in ('finalised', 'superseded') order by size`;
    return this.#select(where, [log, chainId, contract]);
  }

  async lastFinalised(log: string, { chainId, contract }: AnchorContract): Promise<Anchor | undefined> {
    const where = `log = $1 and chain_id = $2 and contract = $3 and state = 'finalised' order by size desc limit 1`;
    return (await this.#select(where, [log, chainId, contract]))[0];
  }

  async finalised(log: string): Promise<Anchor[]> {
    return this.#select(`log = $1 and state = 'finalised' order by chain_id, contract, size`, [log]);
  }

  async newestByState(): Promise<Anchor[]> {
    const { rows } = await this.#pool.query<AnchorRow>(
      `select * from (
         select distinct on (log, chain_id, contract, state) * from integrity_anchor order by log, chain_id, contract, state, size desc
       ) as newest order by size desc`,
    );
    return rows.map(anchorOf);
  }

  async #select(where: string, values: readonly unknown[]): Promise<Anchor[]> {
    const { rows } = await this.#pool.query<AnchorRow>(`select * from integrity_anchor where ${where}`, [...values]);
    return rows.map(anchorOf);
  }
}

export function anchorOf(row: AnchorRow): Anchor {
  const { log, contract, size, root, state, seq, block } = row;
  const isPlaced = seq !== null && block !== null && row.block_hash !== null;
  return {
    ...{ log, contract, size, root, state, chainId: row.chain_id, logId: row.log_id, oldSize: row.old_size },
    tx: row.tx,
    signedAt: row.signed_at,
    searchFrom: row.search_from,
    place: isPlaced ? { seq, block, blockHash: row.block_hash, tx: row.tx } : undefined,
  };
}
