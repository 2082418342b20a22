import type { Pool } from 'pg';
import { type Round, RoundMovedFault, type RoundState, type RoundStore } from '../../application/round-store.ts';
import { systemStream } from '../../application/system-log.ts';
import type { TimeTickedFin } from '../../domain/committed-state.ts';
import type { TreeHead } from '../../domain/tree-head.ts';

interface RoundRow {
  readonly log: string;
  readonly number: bigint;
  readonly opened_at: Date;
  readonly upto_size: bigint;
  readonly opened_for: string[];
  readonly state: RoundState;
  readonly tick_chain_id: string | null;
  readonly tick_block: bigint | null;
  readonly tick_block_hash: string | null;
  readonly committed_revision: bigint | null;
  readonly head_size: bigint | null;
  readonly head_root: Buffer | null;
}

/** Rows of `integrity_round`. Each step is taken from exactly the state before it. */
export class PostgresRoundStore implements RoundStore {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  async last(log: string): Promise<Round | undefined> {
    const { rows } = await this.#pool.query<RoundRow>({
      name: 'integrity-last-round',
      text: 'select * from integrity_round where log = $1 order by number desc limit 1',
      values: [log],
    });
    return rows[0] && roundOf(rows[0]);
  }

  async newestFor(log: string, chainKey: string): Promise<Round | undefined> {
    const { rows } = await this.#pool.query<RoundRow>({
      name: 'integrity-newest-round-for',
      text: `select * from integrity_round
        where log = $1 and state = 'covered' and (opened_for = '{}' or $2 = any(opened_for)) order by number desc limit 1`,
      values: [log, chainKey],
    });
    return rows[0] && roundOf(rows[0]);
  }

  async open(round: Parameters<RoundStore['open']>[0]): Promise<Round> {
    const { log, number, openedAt, uptoSize, openedFor } = round;
    const { rows } = await this.#pool.query<RoundRow>(
      `insert into integrity_round (log, number, opened_at, upto_size, opened_for, state) values ($1, $2, $3, $4, $5, 'opened')
       on conflict (log, number) do nothing returning *`,
      [log, number, openedAt, uptoSize, openedFor],
    );
    return one(rows, { log, number });
  }

  async keepTick(round: Round, { chainId, blockNumber, blockHash }: TimeTickedFin): Promise<Round> {
    const set = 'tick_chain_id = $3, tick_block = $4, tick_block_hash = $5';
    return this.#step(round, 'opened', set, [chainId, BigInt(blockNumber), blockHash]);
  }

  async ticked(round: Round): Promise<Round> {
    return this.#step(round, 'opened', `state = 'ticked'`, []);
  }

  async committed(round: Round, committedRevision: bigint): Promise<Round> {
    return this.#step(round, 'ticked', `state = 'committed', committed_revision = $3`, [committedRevision]);
  }

  async covered(round: Round, { size, root }: TreeHead): Promise<Round> {
    return this.#step(round, 'committed', `state = 'covered', head_size = $3, head_root = $4`, [size, root]);
  }

  async lastTick(log: string, chainId: string): Promise<bigint | undefined> {
    const { rows } = await this.#pool.query<{ block: bigint | null }>(
      'select max(tick_block) as block from integrity_round where log = $1 and tick_chain_id = $2',
      [log, chainId],
    );
    return rows[0]?.block ?? undefined;
  }

  async countBusinessLeaves(log: string, from: bigint): Promise<{ readonly count: number; readonly size: bigint }> {
    const { rows } = await this.#pool.query<{ count: bigint; last: bigint | null }>({
      name: 'integrity-count-business-leaves',
      text: `select count(*) filter (where stream <> $3) as count, max(leaf_index) as last
        from integrity_leaf where log = $1 and leaf_index >= $2`,
      values: [log, from, systemStream(log)],
    });
    const { count = 0n, last = null } = rows[0] ?? {};
    return { count: Number(count), size: last === null ? from : last + 1n };
  }

  async #step({ log, number }: Round, from: RoundState, set: string, values: readonly unknown[]): Promise<Round> {
    const { rows } = await this.#pool.query<RoundRow>(
      `update integrity_round set ${set} where log = $1 and number = $2 and state = '${from}' returning *`,
      [log, number, ...values],
    );
    return one(rows, { log, number });
  }
}

function one(rows: readonly RoundRow[], { log, number }: Pick<Round, 'log' | 'number'>): Round {
  if (rows[0] === undefined) throw new RoundMovedFault(`Round ${number} of ${log} is not where it was left.`);
  return roundOf(rows[0]);
}

function roundOf(row: RoundRow): Round {
  const { log, number, state } = row;
  return {
    ...{ log, number, state, openedAt: row.opened_at, uptoSize: row.upto_size, openedFor: row.opened_for, tick: tickOf(row) },
    committedRevision: row.committed_revision ?? undefined,
    head: row.head_size === null || row.head_root === null ? undefined : { size: row.head_size, root: row.head_root },
  };
}

function tickOf({ tick_chain_id: chainId, tick_block: block, tick_block_hash: blockHash }: RoundRow): TimeTickedFin | undefined {
  return chainId === null || block === null || blockHash === null ? undefined : { chainId, blockNumber: block.toString(), blockHash };
}
