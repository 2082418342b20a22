import type pg from 'pg';
import { inTransaction } from '../../read-store/apply-batch.ts';

/**
 * What a database of a ledger holds and its event store does not tell: keys of the API, the heads that were signed and cosigned, rounds,
 * anchors and transactions as they were sent, what they cost, what the watcher saw of chains and told the ledger, and personal data. All
 * other tables of schema `tallyroot` are derived (a test lists them), but for sign-ins of wallets, which are good for minutes.
 */
export const keptTables = [
  'access_api_key',
  ...(['integrity_head', 'integrity_round', 'integrity_anchor', 'integrity_anchor_cost'] as const),
  ...(['integrity_incarnation'] as const),
  ...(['integrity_witnessed_head', 'integrity_cosignature'] as const),
  ...(['chain_transaction', 'settlement_gas_cost', 'personal_data_key', 'personal_data'] as const),
  ...(['settlement_watch_cursor', 'settlement_watch_block', 'settlement_watch_log', 'settlement_watch_word'] as const),
  ...(['settlement_watch_balance', 'settlement_watch_halt', 'settlement_reconciliation', 'settlement_opening_balance'] as const),
  ...(['settlement_watch_reading', 'settlement_comparison'] as const),
] as const;

/**
 * Takes over what is not derived into another database whose event store holds the same log. What stands there already stays. All or
 * nothing, and safe to repeat.
 */
export async function carryState(from: pg.Pool, to: pg.Pool): Promise<void> {
  const client = await to.connect();
  try {
    await inTransaction(client, async () => {
      await client.query('set local synchronous_commit = on'); // Signed heads must not be forgotten.
      for (const table of keptTables) {
        // As text: numbers of any length pass through unread.
        const { rows } = await from.query<{ rows: string }>(
          `select coalesce(jsonb_agg(to_jsonb(kept)), '[]')::text as rows from ${table} as kept`,
        );
        await client.query(
          `insert into ${table} overriding system value
           select * from jsonb_populate_recordset(null::${table}, $1::text::jsonb) on conflict do nothing`,
          [rows[0]?.rows],
        );
      }
      // Rows came with their numbers; the next one goes on behind them.
      for (const table of ['settlement_watch_log', 'settlement_watch_halt', 'settlement_reconciliation'])
        await client.query(`select setval(pg_get_serial_sequence('${table}', 'id'), max(id)) from ${table} having count(*) > 0`);
    });
  } finally {
    client.release();
  }
}
