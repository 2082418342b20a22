import type { Pool } from 'pg';
import type { CostKind, DailyGasCost, GasCost, GasCosts } from '../../application/sending/gas-costs.ts';

interface DailyRow {
  readonly chain_id: string;
  readonly operation: CostKind;
  readonly day: string;
  readonly transactions: bigint;
  readonly gas: string;
  readonly fee: string;
}

/** Rows of `settlement_gas_cost`. */
export class PostgresGasCosts implements GasCosts {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  reserve(cost: GasCost): Promise<void> {
    return this.#keep(cost, false);
  }

  spend(cost: GasCost): Promise<void> {
    return this.#keep(cost, true);
  }

  async release(transaction: string): Promise<void> {
    await this.#pool.query('delete from settlement_gas_cost where transaction = $1 and not is_final', [transaction]);
  }

  async forget(transaction: string): Promise<void> {
    await this.#pool.query('delete from settlement_gas_cost where transaction = $1', [transaction]);
  }

  async since({ provider, chainId, operations, account, except }: Parameters<GasCosts['since']>[0], at: Date): Promise<bigint> {
    const { rows } = await this.#pool.query<{ fee: string }>(
      `select coalesce(sum(fee), 0)::text as fee from settlement_gas_cost
       where provider = $1 and chain_id = $2 and operation = any($3) and at >= $4
         and transaction is distinct from $5 and ($6::text is null or account = $6)`,
      [provider, chainId, [...operations], at, except, account],
    );
    return BigInt(rows[0]?.fee ?? '0');
  }

  async byDay(provider: string, { from, to }: { readonly from: string; readonly to: string }): Promise<DailyGasCost[]> {
    const { rows } = await this.#pool.query<DailyRow>(
      `select chain_id, operation, to_char(at at time zone 'UTC', 'YYYY-MM-DD') as day, count(*) as transactions,
         sum(gas)::text as gas, sum(fee)::text as fee
       from settlement_gas_cost
       where provider = $1 and is_final
         and at >= ($2::date)::timestamp at time zone 'UTC' and at < ($3::date + 1)::timestamp at time zone 'UTC'
       group by chain_id, operation, day order by day, length(chain_id), chain_id, operation`,
      [provider, from, to],
    );
    return rows.map(({ chain_id: chainId, operation, day, transactions, gas, fee }) => ({
      ...{ provider, chainId, operation, day, transactions, gas: BigInt(gas), fee: BigInt(fee) },
    }));
  }

  async #keep({ transaction, provider, chainId, operation, account, at, gas, fee }: GasCost, isFinal: boolean): Promise<void> {
    await this.#pool.query(
      `insert into settlement_gas_cost (transaction, provider, chain_id, operation, at, gas, fee, is_final, account)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
       on conflict (transaction) do update
         set at = excluded.at, gas = excluded.gas, fee = excluded.fee, is_final = excluded.is_final
         where not settlement_gas_cost.is_final or excluded.is_final`,
      [transaction, provider, chainId, operation, at, gas, fee, isFinal, account],
    );
  }
}
