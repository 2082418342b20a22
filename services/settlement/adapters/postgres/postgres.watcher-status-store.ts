import type { Pool } from 'pg';
import type { NodeStanding, NodeState } from '../../application/watching/node-quorum.ts';
import type { WatcherAlarmCode } from '../../application/watching/watcher-faults.ts';
import type {
  ContractProgress,
  ToldWatcherStatus,
  WatcherState,
  WatcherStatus,
  WatcherStatusStore,
} from '../../application/watching/watcher-status.ts';

interface StatusRow {
  readonly chain_id: string;
  readonly state: WatcherState;
  readonly alarm: WatcherAlarmCode | null;
  readonly message: string | null;
  readonly is_delayed: boolean;
  readonly nodes: readonly { name: string; state: NodeState; message?: string; head?: string; finalized?: string }[];
  readonly since: Date;
  readonly told_at: Date;
}

interface ProgressRow {
  readonly chain_id: string;
  readonly contract: string;
  readonly module: string;
  readonly observed_number: bigint;
  readonly observed_hash: string;
  readonly finalized_number: bigint;
  readonly finalized_hash: string;
}

/** Rows of `settlement_watch_status`, and what `settlement_watch_cursor` tells beside them. */
export class PostgresWatcherStatusStore implements WatcherStatusStore {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  async tell({ chainId, state, alarm, message, isDelayed, nodes }: WatcherStatus, at: Date): Promise<void> {
    const written = nodes.map(({ head, finalized, ...node }) => ({ ...node, head: head?.toString(), finalized: finalized?.toString() }));
    await this.#pool.query(
      `insert into settlement_watch_status as told (chain_id, state, alarm, message, is_delayed, nodes, since, told_at)
       values ($1, $2, $3, $4, $5, $6, $7, $7)
       on conflict (chain_id) do update set
         since = case when told.state = excluded.state and told.alarm is not distinct from excluded.alarm then told.since else excluded.since end,
         state = excluded.state, alarm = excluded.alarm, message = excluded.message, is_delayed = excluded.is_delayed, nodes = excluded.nodes,
         told_at = excluded.told_at`,
      [chainId, state, alarm, message, isDelayed, JSON.stringify(written), at],
    );
  }

  async told(): Promise<ToldWatcherStatus[]> {
    const { rows } = await this.#pool.query<StatusRow>('select * from settlement_watch_status order by chain_id::numeric');
    return rows.map((row) => ({
      ...{ chainId: row.chain_id, state: row.state, alarm: row.alarm ?? undefined, message: row.message ?? undefined },
      ...{ isDelayed: row.is_delayed, nodes: row.nodes.map(nodeOf), since: row.since, toldAt: row.told_at },
    }));
  }

  async progress(): Promise<ContractProgress[]> {
    const { rows } = await this.#pool.query<ProgressRow>('select * from settlement_watch_cursor order by chain_id::numeric, contract');
    return rows.map((row) => ({
      ...{ chainId: row.chain_id, contract: row.contract, module: row.module },
      observed: { number: row.observed_number, hash: row.observed_hash },
      finalized: { number: row.finalized_number, hash: row.finalized_hash },
    }));
  }
}

function nodeOf({ name, state, message, head, finalized }: StatusRow['nodes'][number]): NodeStanding {
  return {
    ...{ name, state, message },
    ...{ head: head === undefined ? undefined : BigInt(head), finalized: finalized === undefined ? undefined : BigInt(finalized) },
  };
}
