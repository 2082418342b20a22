import type { Pool } from 'pg';
import type { AnchorCost, AnchorCostStore, CostPeriod, DailyAnchorCost } from '../../application/anchor-costs.ts';

interface DailyRow {
  readonly log: string;
  readonly chain_id: string;
  readonly day: string;
  readonly transactions: bigint;
  readonly anchors: bigint;
  readonly gas: string;
  readonly fee: string;
}

/** Rows of `integrity_anchor_cost`. */
export class PostgresAnchorCostStore implements AnchorCostStore {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  async keep(costs: readonly AnchorCost[]): Promise<void> {
    if (costs.length === 0) return;
    const columns = [
      costs.map(({ chainId }) => chainId),
      costs.map(({ tx }) => tx),
      costs.map(({ log }) => log),
      costs.map(({ at }) => at),
      costs.map(({ gas }) => gas.toString()),
      costs.map(({ fee }) => fee.toString()),
    ];
    await this.#pool.query(
      `insert into integrity_anchor_cost (chain_id, tx, log, at, gas, fee)
       select * from unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[], $5::numeric[], $6::numeric[])
       on conflict (chain_id, tx, log) do nothing`,
      columns,
    );
  }

  async byDay({ from, to }: CostPeriod): Promise<DailyAnchorCost[]> {
    const { rows } = await this.#pool.query<DailyRow>(
      `select cost.log, cost.chain_id, to_char(cost.at at time zone 'UTC', 'YYYY-MM-DD') as day, count(*) as transactions,
         (select count(*) from integrity_anchor as anchor
          where anchor.state = 'finalised' and anchor.log = cost.log and anchor.chain_id = cost.chain_id and anchor.tx = any(array_agg(cost.tx))) as anchors,
         sum(cost.gas) as gas, sum(cost.fee) as fee
       from integrity_anchor_cost as cost
       where cost.at >= ($1::date)::timestamp at time zone 'UTC' and cost.at < ($2::date + 1)::timestamp at time zone 'UTC'
       group by cost.log, cost.chain_id, day order by day, cost.log, length(cost.chain_id), cost.chain_id`,
      [from, to],
    );
    return rows.map(({ log, chain_id: chainId, day, transactions, anchors, gas, fee }) => ({
      ...{ log, chainId, day, transactions, anchors, gas: BigInt(gas), fee: BigInt(fee) },
    }));
  }
}
