import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Pool } from 'pg';
import { createPool } from '../../../services/read-store/pool.ts';
import { MemorySettlementLedger } from '../../../services/settlement/adapters/memory/memory.settlement-ledger.ts';
import { MemoryWatcherStore } from '../../../services/settlement/adapters/memory/memory.watcher-store.ts';
import { PostgresClosedSlots } from '../../../services/settlement/adapters/postgres/postgres.closed-slots.ts';
import { PostgresWatcherStore } from '../../../services/settlement/adapters/postgres/postgres.watcher-store.ts';
import { tellAgain } from '../../../services/settlement/adapters/postgres/tell-again.ts';
import { freshDatabase, type TestDatabase } from '../../support/postgres.ts';
import { emitted, purchased, ScriptedChain, scriptedCalls, scriptedContracts, settled } from '../../support/scripted-chain.ts';
import { forgetWatched, scriptedChainOf, watchOf } from '../../support/watched-chain.ts';

const mandate = `0x${'d1'.repeat(32)}`;
const someone = `0x${'b1'.repeat(20)}`;
let database: TestDatabase;
let pool: Pool;
let chain: ScriptedChain;

beforeAll(async () => {
  database = await freshDatabase();
  pool = createPool({ url: database.serviceUrl });
});

afterAll(async () => {
  await pool.end();
  await database.drop();
});

beforeEach(async () => {
  await forgetWatched(pool);
  chain = new ScriptedChain();
});

/** As a process that has just begun. */
const watching = (ledger: MemorySettlementLedger) =>
  watchOf(scriptedChainOf(['-']), { store: new PostgresWatcherStore(pool), ledger, nodes: [scriptedCalls(chain)] });

const heldBy = (ledger: MemorySettlementLedger) =>
  [...ledger.facts().values()]
    .flatMap((facts) => (facts[0] ? [`${facts[0].effect.key} ${facts.map(({ type }) => type).join()}`] : []))
    .toSorted();

describe('a ledger that may have lost what it was told', () => {
  /** Payments: final at once, moved to another block, in a block that was replaced and came back, and gone for ever; and the end of a mandate. */
  async function live(ledger: MemorySettlementLedger): Promise<void> {
    const watch = watching(ledger);
    chain.mine([settled(1n)], [emitted(scriptedContracts.settlement, 'MandateRevoked', [mandate, someone, someone])]);
    chain.mineEmpty(1);
    chain.finalise();
    chain.mine([settled(2n)], [purchased(9n, 4n)]);
    await watch.look();
    chain.undo(1);
    chain.mine([settled(2n)]);
    const { hash } = chain.mine([settled(3n)]);
    await watch.look();
    chain.undo(1);
    chain.mineEmpty(1);
    await watch.look();
    chain.goTo(hash);
    await watch.look();
    chain.mineEmpty(1);
    chain.finalise();
    await watch.look();
  }
  const moved = ['1 observed,finalized', '2 observed,reorged,observed,finalized'];
  const whole = [...moved, '3 observed,reorged,observed,finalized', '9 observed,reorged'];

  it('hears of all of it again', async () => {
    await live(new MemorySettlementLedger());
    const forgetful = new MemorySettlementLedger();
    await watching(forgetful).look();
    expect(heldBy(forgetful)).toEqual([]);
    await tellAgain(pool);
    await watching(forgetful).look();
    expect(heldBy(forgetful)).toEqual(['1 observed,finalized', '2 observed,finalized', '3 observed,finalized']);
    expect(forgetful.ended()).toEqual([mandate]);
  });

  it('is told of losses again that it had not written down yet', async () => {
    const [ledger, older] = [new MemorySettlementLedger(), new MemorySettlementLedger()];
    await live(ledger);
    for (const [first] of ledger.facts().values())
      if (first?.effect.key !== '1') await older.take(first!.effect, { head: 3n, finalized: 2n });
    expect(heldBy(older)).toEqual(['2 observed', '3 observed', '9 observed']);
    await tellAgain(pool);
    await watching(older).look();
    expect(heldBy(older)).toEqual([...moved, '3 observed,finalized', '9 observed,reorged']);
  });

  it('changes nothing in one that has all of it', async () => {
    const ledger = new MemorySettlementLedger();
    await live(ledger);
    await tellAgain(pool);
    await tellAgain(pool);
    await watching(ledger).look();
    expect(heldBy(ledger)).toEqual(whole);
    expect(await new PostgresWatcherStore(pool).deliveries('77')).toEqual([]);
  });
});

describe('a provider that is not known here', () => {
  it.each([
    ['in memory', () => new MemoryWatcherStore()],
    ['in Postgres', () => new PostgresWatcherStore(pool)],
  ] as const)('is ignored, and everything of it is told once it is known, with what is kept %s', async (_name, open) => {
    const ours = new Set(['1']);
    const [store, ledger] = [open(), new MemorySettlementLedger({ ours })];
    const watch = watchOf(scriptedChainOf(['-']), { store, ledger, nodes: [scriptedCalls(chain)] });
    chain.mine([settled(1n)], [settled(5n, { providerId: '2' })], [settled(6n, { providerId: '3' })]);
    chain.finalise();
    await watch.look();
    await watch.look();
    expect([heldBy(ledger), await store.deliveries('77')]).toEqual([['1 observed,finalized'], []]);
    ours.add('2');
    await watch.look();
    expect([heldBy(ledger), await store.deliveries('77')]).toEqual([['1 observed,finalized', '5 observed,finalized'], []]);
  });
});

describe('a number of a slot', () => {
  const slots = () => new PostgresClosedSlots(pool);
  const redeemed = (seq: string, state = 'seen', providerId = '1') =>
    pool.query(
      `insert into settlement_watch_log (chain_id, contract, provider_id, effect, key, block_number, block_hash, tx, log_index, log, state)
       values ('77', '0xc1', $2, 'redeem', $3 || '.' || $1, 7, '0x07', $1, 0, '{}', $4)`,
      [seq, providerId, someone, state],
    );

  it('is taken where a contract has closed it, by a payment or by credit of any holder', async () => {
    chain.mine([settled(1n)], [purchased(9n, 4n)], [settled(5n, { providerId: '2' })]);
    await watching(new MemorySettlementLedger()).look();
    await redeemed('300');
    await redeemed('301', 'undone');
    await redeemed('302', 'seen', '2');
    const taken = [];
    for (const seq of ['1', '2', '5', '9', '300', '301', '302', '30']) if (await slots().has('1', seq)) taken.push(seq);
    expect(taken).toEqual(['1', '9', '300']);
  });
});
