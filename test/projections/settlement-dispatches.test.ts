import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Pool } from 'pg';
import { settlementDispatches } from '../../projections/settlement-dispatches/settlement-dispatches.projection.ts';
import { SettlementDispatchesQuery } from '../../projections/settlement-dispatches/settlement-dispatches.query.ts';
import { settlements } from '../../projections/settlements/settlements.projection.ts';
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

describe('what is done, and of which nothing is final', () => {
  const at = new Date('2026-03-02T12:00:00.000Z');
  const word = (digit: string) => `0x${digit.repeat(64)}`;
  const asked = { since: at, after: 0n, limit: 10 };
  const idsOf = async (more: Partial<typeof asked> = {}) => (await query.unseen({ ...asked, ...more })).map(({ id }) => id);

  beforeAll(async () => {
    await pool.query(settlements.schema);
    const done = ['refund.1', 'refund.2', 'refund.3', 'refund.4', 'expire.5', 'revoke.6', 'issue.7'];
    for (const [place, id] of done.entries())
      await pool.query(
        `insert into settlement_dispatches_v1 (provider, id, operation, chain_id, status, ordered_at, ordered_position, tx, position)
         values ('cc', $1, $2, '1', 'done', $3, $4, $5, $4)`,
        [id, id.split('.', 1)[0], at, 5_000 + place, word(String(place + 1))],
      );
    const shown = [
      ['1', '1', 'cc', 'finalized'],
      ['2', '1', 'cc', 'confirmed'],
      ['3', '2', 'cc', 'finalized'], // On another chain.
      ['4', '1', 'cc', 'unmatched'],
      ['7', '1', 'dd', 'finalized'], // Of another provider.
    ];
    for (const [digit, chain, provider, standing] of shown)
      await pool.query(
        `insert into settlements_v1
           (provider, settlement, chain_id, contract, effect, key, name, standing, block_number, block_hash, block_time, tx, log_index,
            observed_at, changed_at, position)
         values ($1, $2, $3, '0x', 'refund', $2, 'Refunded', $4, 1, '0x', $5, $6, '0', $5, $5, 1)`,
        [provider, digit, chain, standing, at, word(digit as string)],
      );
  });

  it('is found by its transaction, in order', async () => {
    expect(await query.unseen(asked)).toEqual([
      { provider: 'cc', id: 'refund.2', position: 5_001n },
      { provider: 'cc', id: 'refund.3', position: 5_002n },
      { provider: 'cc', id: 'issue.7', position: 5_006n },
    ]);
    expect(await idsOf({ limit: 1 })).toEqual(['refund.2']);
    expect(await idsOf({ after: 5_002n })).toEqual(['issue.7']);
    expect(await idsOf({ since: new Date(at.getTime() + 1) })).toEqual([]);
  });
});
