import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { LedgerPlacesQuery } from '../../../projections/account-balances/ledger-places.query.ts';
import { InvoicesQuery } from '../../../projections/invoices/invoices.query.ts';
import { PostgresLogIndex } from '../../../services/integrity/adapters/postgres/postgres.log-index.ts';
import { stateKeyOf } from '../../../services/integrity/domain/committed-state.ts';
import { readModels } from '../../../services/main/read-models.ts';
import { createPool } from '../../../services/read-store/pool.ts';
import { prepareReadModels } from '../../../services/read-store/prepare-read-models.ts';
import { freshDatabase, type TestDatabase } from '../../support/postgres.ts';

let database: TestDatabase;
let pool: pg.Pool;
/** Every query that was asked since it was emptied. */
let asked: { readonly text: string; readonly values: readonly unknown[] }[];
let recording: pg.Pool;

beforeAll(async () => {
  database = await freshDatabase();
  pool = createPool({ url: database.serviceUrl, connectionsMax: 2 });
  await prepareReadModels(pool, readModels);
  for (const { indexes } of readModels) if (indexes !== undefined) await pool.query(indexes);
  await pool.query(rows);
  asked = [];
  const query = (config: string | pg.QueryConfig, values?: unknown[]) => {
    const parts = typeof config === 'string' ? { text: config, values: values ?? [] } : { text: config.text, values: config.values ?? [] };
    asked.push(parts);
    return pool.query(parts);
  };
  recording = Object.create(pool, { query: { value: query } }) as pg.Pool;
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

/** Enough of everything that an index pays. */
const rows = `
  insert into integrity_leaf (log, leaf_index, store_position, stream, revision, event_id, leaf_hash, entry)
  select 'demo', n, n, 'demo.log-0', n, gen_random_uuid(), sha256(int4send(n)), 'entry' from generate_series(1, 5000) as n;
  insert into integrity_anchor (log, chain_id, contract, log_id, size, root, state, old_size, tx, signed_at, search_from)
  select 'demo', chain, 'contract', 'id', n, sha256(int4send(n)), 'submitted', 0, encode(sha256(int4send(n)), 'hex'), now(), 0
  from generate_series(1, 2500) as n, unnest(array['1', '2']) as chain;
  insert into integrity_round (log, number, opened_at, upto_size, state, committed_revision, head_size, head_root)
  select 'demo', n, now(), n, 'covered', n, n, sha256(int4send(n)) from generate_series(1, 5000) as n;
  insert into account_balances_v1 (provider, ledger_account, currency, account, debits, credits, position)
  select 'demo', 'asset:' || n, 'EUR', 'acc_' || n, 1, 0, n from generate_series(1, 5000) as n;
  insert into invoices_v1 (provider, invoice, account, series, currency, net, total, due_on, charges_stream, charges_from_revision,
    charges_to_revision, closed_at, closed_position, closed_event_id, number)
  select 'demo', 'inv_' || n, 'acc_' || n, 'main', 'EUR', 1, 1, now(), 's', 0, 1, now(), n, gen_random_uuid(), 'INV-' || n
  from generate_series(1, 5000) as n;
  analyze integrity_leaf, integrity_anchor, integrity_round, account_balances_v1, invoices_v1;`;

/** How a query gets to its rows: the conditions that its indexes take, and what it reads from end to end. */
async function waysOf({ text, values }: (typeof asked)[number]): Promise<readonly string[]> {
  const { rows: plans } = await pool.query<{ 'QUERY PLAN': object }>(`explain (format json) ${text}`, [...values]);
  const plan = JSON.stringify(plans[0]?.['QUERY PLAN']);
  return [...plan.matchAll(/"Node Type":"(Seq Scan)"|"Index Cond":"((?:[^"\\]|\\.)*)"/g)].map(
    ([, scan, condition]) => condition ?? scan ?? '',
  );
}

const hash = Buffer.alloc(32, 1);
const id = '00000000-0000-5000-8000-000000000000';

describe('whoever looks through a log', () => {
  const index = () => new PostgresLogIndex(recording);
  const places = () => new LedgerPlacesQuery(recording);

  it.each<[string, string, () => Promise<unknown>]>([
    ['a leaf by its index', 'leaf_index =', () => index().leafAt('demo', 7n)],
    ['a leaf by its hash', 'leaf_hash', () => index().leafByHash('demo', hash)],
    ['leaves by their events', 'event_id =', () => index().leavesOfEvents('demo', [id])],
    ['anchors by transaction', 'tx =', () => index().anchorsByTransaction('demo', `0x${hash.toString('hex')}`)],
    ['anchors by root', 'root =', () => index().anchorsOfRoot('demo', hash)],
    ['anchors by size', 'size =', () => index().anchorsOfSize('demo', 7n)],
    ['anchors that cover a leaf', 'size >', () => index().anchorsCovering('demo', 7n)],
    ['a committed head by root', 'head_root =', () => index().committedHeadOfRoot('demo', hash)],
    ['a committed head by size', 'head_size =', () => index().committedHeadOfSize('demo', 7n)],
    ['a balance by its hash', 'sha256', () => places().ofStateKey('demo', hash)],
    ['balances by ledger account', 'ledger_account =', () => places().ofLedgerAccount('demo', 'revenue:tv')],
    ['balances by account', 'account =', () => places().ofAccount('demo', `acc_${id}`)],
    ['an invoice by its number', 'number =', () => new InvoicesQuery(recording).numbered('demo', 'INV-000001')],
  ])('finds through an index: %s', async (_, condition, ask) => {
    asked = [];
    await ask();
    expect(asked).toHaveLength(1);
    const ways = await waysOf(asked[0] as (typeof asked)[number]);
    expect(ways).toContainEqual(expect.stringContaining(condition));
    expect(ways).not.toContain('Seq Scan');
  });

  it('would be seen to read a table from end to end', async () => {
    expect(await waysOf({ text: 'select * from integrity_leaf where entry = $1', values: ['x'] })).toEqual(['Seq Scan']);
  });

  it('finds a balance by the key that the log commits to, whatever its name holds', async () => {
    const names = ['revenue:tv', 'revenue:\\x41', 'revenue:\\\\', "revenue:'", 'revenue:ü', 'revenue:\u{1f4b6}'];
    await pool.query(
      `insert into account_balances_v1 (provider, ledger_account, currency, debits, credits, position)
       select 'demo', name, 'EUR', 1, 0, 1 from unnest($1::text[]) as name`,
      [names],
    );
    const query = new LedgerPlacesQuery(pool);
    for (const name of names) {
      const found = await query.ofStateKey('demo', Buffer.from(stateKeyOf(name, 'EUR'), 'latin1'));
      expect([name, found?.ledgerAccount]).toEqual([name, name]);
      expect(await query.ofStateKey('other', Buffer.from(stateKeyOf(name, 'EUR'), 'latin1'))).toBeUndefined();
    }
  });
});
