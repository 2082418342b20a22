import type { Pool } from 'pg';
import type { HaltCode, LiftedHalt, WatcherHalt, WatcherHalts } from '../../application/watching/watcher-halts.ts';

interface HaltRow {
  readonly chain_id: string;
  readonly code: HaltCode;
  readonly message: string;
  readonly raised_at: Date;
  readonly lifted_at: Date | null;
  readonly lifted_by: string | null;
  readonly reason: string | null;
}

/** Rows of `settlement_watch_halt`. */
export class PostgresWatcherHalts implements WatcherHalts {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  async raise({ chainId, code, message, raisedAt }: WatcherHalt): Promise<void> {
    await this.#pool.query(
      `insert into settlement_watch_halt (chain_id, code, message, raised_at) values ($1, $2, $3, $4)
       on conflict (chain_id) where lifted_at is null do nothing`,
      [chainId, code, message, raisedAt],
    );
  }

  async standing(chainId: string): Promise<WatcherHalt | undefined> {
    const { rows } = await this.#pool.query<HaltRow>('select * from settlement_watch_halt where chain_id = $1 and lifted_at is null', [
      chainId,
    ]);
    return rows[0] && haltOf(rows[0]);
  }

  async lift(
    chainId: string,
    { liftedAt, liftedBy, reason }: Pick<LiftedHalt, 'liftedAt' | 'liftedBy' | 'reason'>,
  ): Promise<LiftedHalt | undefined> {
    const { rows } = await this.#pool.query<HaltRow>(
      `update settlement_watch_halt set lifted_at = $2, lifted_by = $3, reason = $4 where chain_id = $1 and lifted_at is null returning *`,
      [chainId, liftedAt, liftedBy, reason],
    );
    return rows[0] && { ...haltOf(rows[0]), liftedAt, liftedBy, reason };
  }

  async all(liftedMax: number): Promise<(WatcherHalt | LiftedHalt)[]> {
    const { rows } = await this.#pool.query<HaltRow>(
      `(select * from settlement_watch_halt where lifted_at is null)
       union all (select * from settlement_watch_halt where lifted_at is not null order by id desc limit $1) order by id desc`,
      [liftedMax],
    );
    return rows.map(haltOf);
  }
}

function haltOf(row: HaltRow): WatcherHalt | LiftedHalt {
  const halt = { chainId: row.chain_id, code: row.code, message: row.message, raisedAt: row.raised_at };
  const { lifted_at: liftedAt, lifted_by: liftedBy, reason } = row;
  return liftedAt === null || liftedBy === null || reason === null ? halt : { ...halt, liftedAt, liftedBy, reason };
}
