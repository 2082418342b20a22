import type { Pool } from 'pg';
import type { ClosedSlots } from '../../application/checkout/closed-slots.ts';

/** From rows of `settlement_watch_log`: payments contract by contract, as their index goes; redemptions by `<holder>.<seq>`. */
export class PostgresClosedSlots implements ClosedSlots {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  async has(providerId: string, seq: string): Promise<boolean> {
    const { rowCount } = await this.#pool.query(
      `(select from settlement_watch_cursor cursor cross join lateral (
          select from settlement_watch_log log
          where log.chain_id = cursor.chain_id and log.contract = cursor.contract and log.provider_id = $1
            and div(log.key::numeric, 256) = div($2::text::numeric, 256) and log.key = $2::text and log.state = 'seen' and log.effect = 'slot'
          limit 1) closed
        where cursor.module in ('settlement', 'escrow') limit 1)
       union all
       (select from settlement_watch_log log
        where log.provider_id = $1 and split_part(log.key, '.', 2) = $2::text and log.state = 'seen' and log.effect = 'redeem' limit 1)
       limit 1`,
      [providerId, seq],
    );
    return rowCount === 1;
  }
}
