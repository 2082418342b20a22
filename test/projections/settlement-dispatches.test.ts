import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Pool } from 'pg';
import { settlementDispatches } from '../../projections/settlement-dispatches/settlement-dispatches.projection.ts';
import { SettlementDispatchesQuery } from '../../projections/settlement-dispatches/settlement-dispatches.query.ts';
import { createPool } from '../../services/read-store/pool.ts';
import { freshDatabase, type TestDatabase } from '../support/postgres.ts';

const at = new Date('2026-03-01T12:00:00.000Z');

let database: TestDatabase;
let pool: Pool;
let query: SettlementDispatchesQuery;

/** One provider has piled up 1,200 dispatches of each status; another one ordered one of each behind them. */
beforeAll(async () => {
  database = await freshDatabase();
  pool = createPool({ url: database.serviceUrl });
  await pool.query(settlementDispatches.schema);
  await pool.query(
    `insert into settlement_dispatches_v1 (provider, id, operation, chain_id, status, ordered_at, ordered_position, position)
     select case when n <= 2400 then 'aa' else 'bb' end, 'collect.' || n, 'collect', '1',
            case when n % 2 = 0 then 'sending' else 'failed' end, $1, n, n
       from generate_series(1, 2402) n`,
    [at],
  );
  query = new SettlementDispatchesQuery(pool);
}, 120_000);
afterAll(async () => {
  await pool.end();
  await database.drop();
});

describe('what a pile-up of one provider leaves of the others', () => {
  it('is everything that they have to send, and some of its own, the oldest first', async () => {
    const open = await query.on('1');
    expect(open.slice(0, 500)).toEqual(Array.from({ length: 500 }, (_, index) => ({ provider: 'aa', id: `collect.${2 * index + 2}` })));
    expect(open.slice(500)).toEqual([{ provider: 'bb', id: 'collect.2402' }]);
    expect(await query.on('2')).toEqual([]);
  });

  it('is every collection that failed, each once, in order', async () => {
    const failed = await Array.fromAsync(query.failedSince(at));
    expect(failed.map(({ id }) => id)).toEqual(Array.from({ length: 1201 }, (_, index) => `collect.${2 * index + 1}`));
    expect(failed.at(-1)).toEqual({ provider: 'bb', id: 'collect.2401', orderedAt: at });
    expect(await Array.fromAsync(query.failedSince(new Date(at.getTime() + 1)))).toEqual([]);
  });
});
