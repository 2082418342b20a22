import type { Pool } from 'pg';
import type { AnchoringState, AnchoringStatusStore, ToldStatus } from '../../application/anchoring-status.ts';

interface StatusRow {
  readonly log: string;
  readonly place: string;
  readonly state: AnchoringState;
  readonly alarm: string | null;
  readonly message: string | null;
  readonly since: Date;
  readonly told_at: Date;
}

/** Rows of `integrity_anchoring_status`. */
export class PostgresAnchoringStatusStore implements AnchoringStatusStore {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  async tell({ log, place, state, alarm, message, toldAt }: Omit<ToldStatus, 'since'>): Promise<void> {
    await this.#pool.query(
      `insert into integrity_anchoring_status as told (log, place, state, alarm, message, since, told_at) values ($1, $2, $3, $4, $5, $6, $6)
       on conflict (log, place) do update set
         since = case when told.state = excluded.state and told.alarm is not distinct from excluded.alarm then told.since else excluded.since end,
         state = excluded.state, alarm = excluded.alarm, message = excluded.message, told_at = excluded.told_at`,
      [log, place, state, alarm, message, toldAt],
    );
  }

  async told(): Promise<ToldStatus[]> {
    const { rows } = await this.#pool.query<StatusRow>('select * from integrity_anchoring_status order by log, place');
    return rows.map(({ log, place, state, alarm, message, since, told_at: toldAt }) => ({
      ...{ log, place, state, since, toldAt, alarm: alarm ?? undefined, message: message ?? undefined },
    }));
  }
}
