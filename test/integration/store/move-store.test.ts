import { afterEach, describe, expect, it } from '@jest/globals';
import type pg from 'pg';
import { PostgresEventStore } from '../../../services/event-store/adapters/postgres/postgres.event-store.ts';
import type { EventStore } from '../../../services/event-store/domain/event-store.ts';
import { carryState, keptTables } from '../../../services/main/store/carry-state.ts';
import { copyStore } from '../../../services/main/store/copy-store.ts';
import { adoptStore } from '../../../services/main/store/adopt-store.ts';
import { openStore } from '../../../services/main/store/store-place.ts';
import { readModels } from '../../../services/main/read-models.ts';
import { createPool } from '../../../services/read-store/pool.ts';
import { EventStoreDBDouble } from '../../eventstoredb-double/eventstoredb-double.ts';
import { freshDatabase, type TestDatabase } from '../../support/postgres.ts';
import { Ledger } from './ledger.ts';

const closings: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closings.splice(0).reverse()) await close();
});

async function database(): Promise<TestDatabase> {
  const fresh = await freshDatabase();
  closings.push(() => fresh.drop());
  return fresh;
}

function storeIn({ serviceUrl }: TestDatabase): EventStore {
  const store = new PostgresEventStore({ url: serviceUrl });
  closings.push(() => store.dispose());
  return store;
}

function poolOf({ serviceUrl }: TestDatabase): pg.Pool {
  const pool = createPool({ url: serviceUrl, connectionsMax: 5 });
  closings.push(() => pool.end());
  return pool;
}

function copyBetween(from: TestDatabase, to: TestDatabase, ahead = false) {
  return copyStore({
    source: storeIn(from),
    target: storeIn(to),
    pool: poolOf(from),
    databaseUrl: from.serviceUrl,
    to: { kind: 'postgres', url: to.serviceUrl },
    ahead,
    print: () => undefined,
  });
}

describe('a ledger moves to another Postgres', () => {
  it('and goes on there as if nothing had happened, after a copy ahead and a last one', async () => {
    const [from, to] = [await database(), await database()];
    const ledger = await Ledger.create(closings);
    await ledger.start(from);
    const { id: account } = await ledger.post('accounts', { billing: 'postpaid', currency: 'EUR', creditLimit: '500' });
    expect(await ledger.invoice(account, 'first')).toBe('INV-000001');
    await expect(copyBetween(from, to)).rejects.toMatchObject({ name: 'DatabaseInUseFault' });
    expect(await copyBetween(from, to, true)).toBeUndefined();
    expect(await ledger.invoice(account, 'second')).toBe('INV-000002');
    const head = await ledger.signedHead();
    const before = await ledger.verify();
    await ledger.stop();

    const verified = await copyBetween(from, to);
    const copied = verified!.heads.get('demo')!;
    expect(copied.size).toBeGreaterThanOrEqual(head.size); // A round may have committed to balances since.

    const { integrity } = await ledger.start(to);
    expect(await ledger.post('accounts', { billing: 'postpaid', currency: 'EUR', creditLimit: '500' })).toMatchObject({
      id: account,
      replayed: true,
    });
    expect(await ledger.invoice(account, 'second')).toBe('INV-000002');
    expect(await ledger.invoice(account, 'third')).toBe('INV-000003');
    const after = await ledger.signedHead();
    expect(after.size).toBeGreaterThan(head.size);
    for (const { size, root } of [head, copied]) expect(await integrity.query.rootAt('demo', size)).toEqual(root);
    const verdict = await ledger.verify();
    expect([verdict.exitCode, verdict.genesisHash]).toEqual([0, before.genesisHash]);
  }, 120_000);

  it('and no service starts while its log is on the way', async () => {
    const [from, to] = [await database(), await database()];
    const ledger = await Ledger.create(closings);
    const source = storeIn(from);
    const paused = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    const slow = new Proxy(source, {
      get: (target, name) => {
        if (name !== 'head') return (Reflect.get(target, name) as () => unknown).bind(target);
        return async () => {
          begun.resolve();
          await paused.promise;
          return target.head();
        };
      },
    });
    const target = storeIn(to);
    const copying = copyStore({
      ...{ source: slow, target, pool: poolOf(from), databaseUrl: from.serviceUrl, ahead: false, print: () => undefined },
      to: { kind: 'postgres', url: to.serviceUrl },
    });
    await begun.promise;
    for (const place of [from, to]) await expect(ledger.start(place)).rejects.toMatchObject({ name: 'DatabaseInUseFault' });
    paused.resolve();
    expect(await copying).toMatchObject({ events: 0 });
    await ledger.start(from);
  });

  it('and goes on watching its chains from where it was', async () => {
    const [from, to] = [await database(), await database()];
    const seen = (key: string) =>
      `insert into settlement_watch_log (chain_id, contract, provider_id, effect, key, block_number, block_hash, tx, log_index, log)
       values ('1', '0x01', 7, 'slot', '${key}', 5, '0xb5', '0xt${key}', 0, '{"name":"SeqCancelled"}') returning id::text`;
    for (const key of ['1', '2']) await poolOf(from).query(seen(key));
    await carryState(poolOf(from), poolOf(to));
    await carryState(poolOf(from), poolOf(to));
    const rows = async (place: TestDatabase) =>
      (await poolOf(place).query('select * from settlement_watch_log order by id')).rows as unknown[];
    expect(await rows(to)).toEqual(await rows(from));
    expect((await poolOf(to).query(seen('3'))).rows).toEqual([{ id: '3' }]);
  }, 120_000);

  it('and takes along what its log does not tell: every other table is derived', async () => {
    const place = await database();
    const ledger = await Ledger.create(closings);
    await ledger.start(place);
    const { rows } = await poolOf(place).query<{ name: string }>(
      `select table_name as name from information_schema.tables where table_schema = 'tallyroot' and table_type = 'BASE TABLE'`,
    );
    const derived = [
      ...['migration', 'projection_checkpoint', 'aggregate_snapshot'],
      ...['integrity_log', 'integrity_discovery', 'integrity_tree', 'integrity_leaf', 'integrity_tile'],
      ...['integrity_fold', 'integrity_balance', 'integrity_turnover', 'integrity_carried', 'integrity_anchoring_status'],
      ...['accounts_v1', 'account_balances_v1', 'commands_v1', 'entitlements_v1', 'invoices_v1', 'journal_v1', 'statement_movements_v1'],
      ...['settlements_v1', 'settlement_dispatches_v1', 'settlement_watch_status'],
      ...['prepaid_credit_effects_v1', 'prepaid_credit_tokens_v1', 'credit_holdings_v1', 'title_notices_v1', 'mandates_v1'],
    ];
    // A sign-in that waits for its signature is good for minutes, and is asked for again.
    const known = [...derived, ...keptTables, 'access_sign_in'];
    expect(rows.map(({ name }) => name).filter((name) => !known.includes(name))).toEqual([]);
  });
});

it('a ledger moves to EventStoreDB and back, and every head that was signed on the way is one history', async () => {
  const home = await database();
  const double = await EventStoreDBDouble.start();
  closings.push(() => double.stop());
  const url = double.connectionString;
  const places = { postgres: { kind: 'postgres', url: home.serviceUrl }, eventstoredb: { kind: 'eventstoredb', url } } as const;
  const pool = poolOf(home);
  const move = async (from: keyof typeof places, to: keyof typeof places) => {
    const [source, target] = [await openStore(places[from]), await openStore(places[to])];
    const copied = await copyStore({
      ...{ source, target, pool, databaseUrl: home.serviceUrl, to: places[to], ahead: false, print: () => undefined },
    });
    await adoptStore({ store: target, pool, readModels });
    await source.dispose();
    await target.dispose();
    return copied!.heads.get('demo')!;
  };

  const ledger = await Ledger.create(closings);
  await ledger.start(home);
  const { id: account } = await ledger.post('accounts', { billing: 'postpaid', currency: 'EUR', creditLimit: '500' });
  expect(await ledger.invoice(account, 'first')).toBe('INV-000001');
  const heads = [await ledger.signedHead()];
  await ledger.stop();

  heads.push({ ...(await move('postgres', 'eventstoredb')), note: '' });
  await ledger.start(home, url);
  expect(await ledger.invoice(account, 'first')).toBe('INV-000001');
  expect(await ledger.invoice(account, 'second')).toBe('INV-000002');
  heads.push(await ledger.signedHead());
  expect(await ledger.verify()).toMatchObject({ exitCode: 0 });
  await ledger.stop();

  heads.push({ ...(await move('eventstoredb', 'postgres')), note: '' });
  const { integrity } = await ledger.start(home);
  expect(await ledger.invoice(account, 'second')).toBe('INV-000002');
  expect(await ledger.invoice(account, 'third')).toBe('INV-000003');
  await ledger.signedHead();
  for (const { size, root } of heads) expect(await integrity.query.rootAt('demo', size)).toEqual(root);
  expect(await ledger.verify()).toMatchObject({ exitCode: 0 });
}, 180_000);
