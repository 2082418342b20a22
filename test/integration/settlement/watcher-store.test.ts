import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Pool } from 'pg';
import { forgottenChains } from '../../../services/main/watched-payments.ts';
import { createPool } from '../../../services/read-store/pool.ts';
import { MemoryWatcherStore } from '../../../services/settlement/adapters/memory/memory.watcher-store.ts';
import { PostgresReconciliationStore } from '../../../services/settlement/adapters/postgres/postgres.reconciliation-store.ts';
import { PostgresWatcherStore } from '../../../services/settlement/adapters/postgres/postgres.watcher-store.ts';
import { nativeToken } from '../../../services/settlement/application/settlement-chain.ts';
import type {
  Checkpoint,
  WatchCursor,
  WatchedLog,
  WatcherStore,
  WatchStep,
} from '../../../services/settlement/application/watching/watcher-store.ts';
import type { ChainEffect } from '../../../services/settlement/domain/chain-effect.ts';
import { freshDatabase, type TestDatabase } from '../../support/postgres.ts';
import { block, effectOf, settled } from '../../unit/settlement/effect.fixtures.ts';
import { place } from '../../unit/settlement/slot.fixtures.ts';
import { forgetWatched } from '../../support/watched-chain.ts';

const { chainId, contract } = place;
const other = `0x${'0e'.repeat(20)}`;
const at = (number: number, fork = 'a'): Checkpoint => ({ number: BigInt(number), hash: block(number, fork).hash });
const tx = (digit: string) => `0x${digit.repeat(64)}`;
const start: WatchCursor = { address: contract, module: 'settlement', observed: at(0), finalized: at(0), codeHash: undefined };
const slot = (seq: string, number: number, fork = 'a', hash = tx(seq.slice(-1))): ChainEffect => ({
  ...settled({ seq }, { block: block(number, fork), tx: hash }),
  key: seq,
});
const word = (of: bigint) => ({ contract, providerId: '11', word: of });
/** An adoption in which nothing was heard in another place, and neither side had lost anything. */
const mended = { heard: [], unfounded: [], forgotten: [] };
const keysOf = (logs: readonly { readonly key: string }[]) => logs.map(({ key }) => key);

let database: TestDatabase;
let pool: Pool;
beforeAll(async () => {
  database = await freshDatabase();
  pool = createPool({ url: database.serviceUrl });
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

async function emptyTables(): Promise<PostgresWatcherStore> {
  await forgetWatched(pool);
  return new PostgresWatcherStore(pool);
}

/** What every store of the watcher promises. */
describe.each([
  ['in memory', async () => new MemoryWatcherStore()],
  ['in Postgres', emptyTables],
])('a store of the watcher %s', (_name, open: () => Promise<WatcherStore>) => {
  let store: WatcherStore;
  beforeEach(async () => {
    store = await open();
    await store.open(chainId, [start]);
  });

  const advance = (from: Checkpoint, to: Checkpoint, logs: readonly WatchedLog[] = [], more: Partial<WatchStep> = {}) =>
    store.advance({ chainId, contracts: [contract], from, to, isFinal: false, logs, appeared: [], words: [], ...more });
  const cursor = async () => (await store.cursors(chainId)).find(({ address }) => address === contract);
  const heard = async () => (await store.deliveries(chainId)).map(({ kind, effect }) => `${kind} ${effect.key} ${effect.block.hash.at(2)}`);

  it('keeps the first cursor and the first code hash of a contract, chain by chain', async () => {
    await store.pin(chainId, contract, tx('1'));
    await store.pin(chainId, contract, tx('2'));
    await store.open(chainId, [
      { ...start, observed: at(5), finalized: at(5) },
      { ...start, address: other, providerId: '11', module: 'credit' },
    ]);
    expect(await cursor()).toEqual({ ...start, codeHash: tx('1') });
    expect((await store.cursors(chainId)).find(({ address }) => address === other)).toMatchObject({ providerId: '11', module: 'credit' });
    expect(await store.cursors('1')).toEqual([]);
  });

  it('moves without a gap, and keeps every block that is not final', async () => {
    await advance(at(0), at(1), [slot('7', 1)]);
    await expect(advance(at(0), at(1))).rejects.toMatchObject({ name: 'CheckpointMovedFault' });
    await expect(advance(at(1, 'b'), at(2), [slot('8', 2)])).rejects.toMatchObject({ name: 'CheckpointMovedFault' });
    await advance(at(1), at(2));
    await advance(at(2), at(3));
    expect(await store.unfinalBlocks(chainId, contract)).toEqual([at(3), at(2), at(1)]);
    await expect(store.finalise(chainId, [contract], at(2, 'b'))).rejects.toMatchObject({ name: 'CheckpointMovedFault' });
    await store.finalise(chainId, [contract], at(2));
    expect([await cursor(), await store.unfinalBlocks(chainId, contract)]).toMatchObject([{ observed: at(3), finalized: at(2) }, [at(3)]]);
    expect(keysOf(await Array.fromAsync(store.standing(chainId, 9n)))).toEqual(['7']);
  });

  it('reads final blocks by ranges, and follows what appears there', async () => {
    const appeared = [{ ...start, address: other, module: 'credit', providerId: '11', observed: at(0), finalized: at(0) } as const];
    await advance(at(0), at(50), [slot('7', 20)], { isFinal: true, appeared });
    expect([await cursor(), await store.unfinalBlocks(chainId, contract)]).toMatchObject([{ observed: at(50), finalized: at(50) }, []]);
    expect((await store.cursors(chainId)).map(({ address, observed }) => [address, observed.number])).toContainEqual([other, 0n]);
  });

  it('takes one log for what can be once, and nothing of a step with a second one', async () => {
    await advance(at(0), at(1), [slot('7', 1)]);
    await expect(advance(at(1), at(2), [slot('8', 2), slot('7', 2, 'a', tx('9'))])).rejects.toMatchObject({ code: 'key_twice' });
    expect([await heard(), (await cursor())?.observed]).toEqual([['seen 7 a'], at(1)]);
    const found = { chainId, from: [], to: [], lost: [], undone: [], found: [slot('7', 1, 'b')], ...mended };
    await expect(store.adopt(found)).rejects.toMatchObject({ code: 'key_twice' });
  });

  it('tells losses first, and what the chain came back to anew', async () => {
    await advance(at(0), at(1), [slot('7', 1)]);
    await advance(at(1), at(2), [slot('8', 2)]);
    await store.undo({ chainId, contracts: [contract], from: at(2), ancestor: at(0) });
    await advance(at(0), at(1, 'b'), [slot('8', 1, 'b')]);
    expect(await heard()).toEqual(['lost 7 a', 'lost 8 a', 'seen 8 b']);
    for (const { id, kind } of await store.deliveries(chainId)) await store.told(id, kind === 'lost' ? 'undone' : 'observed');
    expect(await heard()).toEqual(['seen 8 b']);
    await store.undo({ chainId, contracts: [contract], from: at(1, 'b'), ancestor: at(0) });
    await advance(at(0), at(1), [slot('7', 1)]);
    expect(await heard()).toEqual(['lost 8 b', 'seen 7 a']);
    await expect(store.undo({ chainId, contracts: [contract], from: at(2), ancestor: at(0) })).rejects.toMatchObject({
      name: 'CheckpointMovedFault',
    });
  });

  it('offers what is observed at every look, what is confirmed once it is final, and what is done with no more', async () => {
    await advance(
      at(0),
      at(1),
      [slot('6', 1), slot('7', 1), slot('8', 1), slot('9', 1)].map((log, index) => ({ ...log, logIndex: `${index}` })),
    );
    const standings = ['observed', 'confirmed', 'finalized', 'ignored'] as const;
    for (const [index, { id }] of (await store.deliveries(chainId)).entries()) await store.told(id, standings[index]!);
    expect(await heard()).toEqual(['seen 6 a']);
    await store.finalise(chainId, [contract], at(1));
    expect(await heard()).toEqual(['seen 6 a', 'seen 7 a']);
  });

  it('finds what was left out, once', async () => {
    await advance(at(0), at(2), [slot('7', 1)], { isFinal: true });
    expect(keysOf(await store.unknown(chainId, [slot('7', 1), slot('8', 2)]))).toEqual(['8']);
    const keys = ['8', '7'].map((key) => ({ ...word(0n), chainId, effect: 'slot' as const, key }));
    expect(keysOf(await store.absent(chainId, [...keys, { ...keys[1]!, providerId: '12' }]))).toEqual(['8', '7']);
    expect(keysOf(await store.absent('1', keys))).toEqual(['8', '7']);
    for (let times = 0; times < 2; times++)
      await store.adopt({ chainId, from: [], to: [], lost: [], undone: [], found: [slot('8', 2)], ...mended });
    expect(await heard()).toEqual(['seen 7 a', 'seen 8 a']);
  });

  it('compares words that are touched, and those that are not full from time to time', async () => {
    const [early, late] = [new Date('2026-03-01T00:00:00Z'), new Date('2026-03-02T00:00:00Z')];
    const waiting = async (since: Date, until = late) =>
      (await store.wordsToCompare(chainId, { since, until }, 9)).map((each) => each.word).toSorted();
    await advance(at(0), at(1), [slot('255', 1), slot('256', 1, 'a', tx('b'))], { words: [word(9n)] });
    expect(await waiting(new Date(0))).toEqual([0n, 1n, 2n, 9n]);
    expect([await store.observedSlots(chainId, word(0n)), await store.observedSlots(chainId, word(1n))]).toEqual([1n << 255n, 1n]);
    for (const each of [0n, 1n, 2n, 9n]) await store.compared(chainId, word(each), early);
    expect([await waiting(early), await waiting(late)]).toEqual([[], [0n, 1n, 2n, 9n]]);
    await store.undo({ chainId, contracts: [contract], from: at(1), ancestor: at(0) });
    expect([await waiting(early), await store.observedSlots(chainId, word(0n))]).toEqual([[0n, 1n], 0n]);
    const full = Array.from({ length: 256 }, (_, seq) => ({ ...slot(`${seq}`, 1, 'b', tx('c')), logIndex: `${seq}` }));
    await advance(at(0), at(1, 'b'), full);
    await store.compared(chainId, word(0n), early);
    expect(await waiting(late)).toEqual([1n, 2n, 9n]);
    await store.compared(chainId, word(2n), late);
    expect([await waiting(new Date(0)), await waiting(new Date(0), early)]).toEqual([[1n], [1n, 2n]]);
  });

  it('compares every word up to one, those that wait longest first, and all that are touched', async () => {
    const [early, late] = [new Date('2026-03-01T00:00:00Z'), new Date('2026-03-02T00:00:00Z')];
    const waiting = async (countMax: number) =>
      (await store.wordsToCompare(chainId, { since: late, until: late }, countMax)).map((each) => each.word);
    for (let times = 0; times < 2; times++) await store.watchWordsUpTo(chainId, word(4n));
    expect(await waiting(9)).toEqual([0n, 1n, 2n, 3n, 4n]);
    await store.compared(chainId, word(0n), new Date(early.getTime() + 1));
    await store.compared(chainId, word(1n), early);
    await store.compared(chainId, word(2n), late);
    await store.watchWordsUpTo(chainId, word(4n));
    expect([await waiting(9), await waiting(3)]).toEqual([
      [3n, 4n, 1n, 0n],
      [3n, 4n, 1n],
    ]);
    await advance(at(0), at(1), [slot('0', 1), slot('1024', 1, 'a', tx('b'))]);
    expect(await waiting(1)).toEqual([0n, 4n, 3n]);
    expect(await store.wordsToCompare('1', { since: late, until: late }, 9)).toEqual([]);
  });

  it('finds logs by name, transaction and block, as they stand in the chain', async () => {
    await advance(at(0), at(1), [{ ...slot('8', 1), logIndex: '10' }, slot('7', 1)]);
    const transfer = {
      name: 'Transfer',
      token: other,
      from: other,
      fromRole: 'other',
      to: contract,
      toRole: 'treasury',
      amount: '5',
    } as const;
    await advance(at(1), at(2), [
      effectOf('log', `${tx('7')}.9`, transfer, { block: block(2), tx: tx('7'), contract: other }),
      slot('9', 2),
    ]);
    expect(keysOf(await store.named(chainId, ['Settled', 'Collected'], 1n))).toEqual(['7', '8']);
    expect(keysOf(await store.ofTransactions(chainId, [tx('7'), tx('9')]))).toEqual(['7', '9']);
    expect(keysOf(await store.inBlocks(chainId, { from: 2n, to: 2n }))).toEqual(['9']);
    expect((await Array.fromAsync(store.standing(chainId, 1n))).length).toBe(2);
  });

  it('keeps ends of mandates until they are told, and forgets those whose block is gone', async () => {
    const fields = { mandate: tx('d'), payer: other, by: other };
    const revoked = (number: number, fork = 'a') => {
      const log = effectOf('log', `${tx('d')}.0`, { name: 'MandateRevoked', fields }, { block: block(number, fork), tx: tx('d') });
      return { ...log, providerId: undefined } as WatchedLog;
    };
    await advance(at(0), at(1), [revoked(1)]);
    const [known] = await store.revocations(chainId, 9);
    expect([known?.end, await heard()]).toEqual([{ chainId, contract, mandate: tx('d') }, []]);
    await store.undo({ chainId, contracts: [contract], from: at(1), ancestor: at(0) });
    expect([await store.revocations(chainId, 9), await heard()]).toEqual([[], []]);
    await advance(at(0), at(1, 'b'), [revoked(1, 'b')]);
    expect(await store.revocations(chainId, 0)).toEqual([]);
    await store.revocationsTold((await store.revocations(chainId, 9)).map(({ id }) => id));
    expect(await store.revocations(chainId, 9)).toEqual([]);
  });

  it('adopts what a chain shows, and tells of what is lost by it, with the reason', async () => {
    await advance(at(0), at(3), [slot('7', 1), slot('8', 2), slot('9', 3)], { isFinal: true });
    await advance(at(3), at(4), [slot('10', 4)]);
    for (const { id, effect } of await store.deliveries(chainId)) await store.told(id, effect.key === '7' ? 'finalized' : 'observed');
    const from = await store.cursors(chainId);
    const to = [{ ...start, observed: at(9, 'b'), finalized: at(3, 'b') }];
    const rows = await store.withdrawable(chainId, to, [slot('7', 1), slot('8', 2)]);
    expect(keysOf(rows.map(({ log }) => log))).toEqual(['7', '8', '10']);
    const [seven, eight, ten] = rows.map(({ id }) => id) as [bigint, bigint, bigint];
    const found = [slot('7', 1, 'b'), slot('11', 2, 'b')];
    const lost = [
      { id: eight, reason: 'a fork' },
      { id: ten, reason: undefined },
    ];
    const moved = { chainId, from, to, lost, undone: [seven], found, ...mended, heard: [found[0]!] };
    await store.adopt(moved);
    await expect(store.adopt(moved)).rejects.toMatchObject({ name: 'CheckpointMovedFault' });
    expect([await cursor(), await store.unfinalBlocks(chainId, contract)]).toMatchObject([
      { observed: at(3, 'b'), finalized: at(3, 'b') },
      [],
    ]);
    expect(await heard()).toEqual(['lost 8 a', 'lost 10 a', 'seen 11 b', 'seen 9 a']);
    const [first, second] = await store.deliveries(chainId);
    expect([first, second]).toMatchObject([{ reason: 'a fork' }, {}]);
    expect(second).not.toHaveProperty('reason');
    expect(keysOf((await store.withdrawable(chainId, [], [])).map(({ log }) => log))).toEqual(['10']);
    expect(keysOf(await Array.fromAsync(store.standing(chainId, 9n)))).toEqual(['7', '11', '9']);
  });

  it('tells again what the ledger has lost, and of the loss of what only the ledger had', async () => {
    await advance(at(0), at(3), [slot('7', 1), slot('8', 2)], { isFinal: true });
    for (const { id } of await store.deliveries(chainId)) await store.told(id, 'finalized');
    expect(await heard()).toEqual([]);
    const [seven, nine, ten] = [slot('7', 1), slot('9', 3, 'c'), slot('10', 2, 'c')];
    const unfounded = [nine, ten].map((effect) => ({ effect, reason: 'a fork' }));
    const at3 = await store.cursors(chainId);
    await store.adopt({ chainId, from: at3, to: at3, lost: [], undone: [], found: [], heard: [], unfounded, forgotten: [seven] });
    expect(await heard()).toEqual(['lost 10 c', 'lost 9 c', 'seen 7 a']);
    expect((await store.deliveries(chainId))[0]).toMatchObject({ kind: 'lost', reason: 'a fork', effect: ten });
    expect(keysOf(await Array.fromAsync(store.standing(chainId, 9n)))).toEqual(['7', '8']);
    expect(await store.withdrawable(chainId, [], [])).toEqual([]);
    for (const { id, kind } of await store.deliveries(chainId)) await store.told(id, kind === 'lost' ? 'undone' : 'finalized');
    expect(await heard()).toEqual([]);
  });

  it('keeps what holders have at the last comparison, and at one block that waits', async () => {
    await store.open(chainId, [{ ...start, address: nativeToken, module: 'token' }]);
    const held = (number: number, units: bigint) => ({ holder: other, at: at(number), units });
    await advance(at(0), at(2), [], { contracts: [nativeToken], isFinal: true, balances: [held(2, 5n)] });
    await store.keepBalances(chainId, [held(3, 6n)]);
    await store.keepBalances(chainId, [held(4, 2n ** 90n)]);
    expect(await store.balances(chainId)).toEqual([held(2, 5n), held(4, 2n ** 90n)]);
    await store.keepBalances(chainId, []);
    expect(await store.balances(chainId)).toEqual([held(2, 5n)]);
    const block = { number: '3', hash: at(3).hash, time: '2026-03-01T12:05:00.000Z' };
    const found = [{ tx: '0x01', block, from: other, to: other, value: 2n ** 90n, fee: 7n }];
    await store.keepCoinReading(chainId, { from: 3n, hash: at(9).hash, next: 4n, found: [] });
    await store.keepCoinReading(chainId, { from: 3n, hash: at(9).hash, next: 5n, found });
    expect(await store.coinReading(chainId)).toEqual({ from: 3n, hash: at(9).hash, next: 5n, found });
    await advance(at(2), at(9), [], { contracts: [nativeToken], isFinal: true, balances: [held(9, 6n)] });
    expect([await store.coinReading(chainId), await store.balances(chainId)]).toEqual([undefined, [held(9, 6n)]]);
  });
});

describe('comparisons with the books', () => {
  const [morning, noon, evening] = ['06', '12', '18'].map((hour) => new Date(`2026-11-26T${hour}:00:00.000Z`)) as [Date, Date, Date];

  it('are kept by when they were made, tried, and are due, whatever came of them', async () => {
    const kept = new PostgresReconciliationStore(pool);
    const failed = await kept.failed('1', morning, { failure: 'Away.', dueBy: noon });
    expect(failed).toEqual({ what: '1', comparedAt: undefined, triedAt: morning, dueBy: noon, failure: 'Away.' });
    // Whoever fails again has no more time for it.
    expect(await kept.failed('1', noon, { failure: 'Gone.', dueBy: evening })).toMatchObject({ triedAt: noon, dueBy: noon });
    await kept.made('1', noon, evening);
    await kept.made('credit', morning, noon);
    expect(await kept.standings()).toEqual([
      { what: '1', comparedAt: noon, triedAt: noon, dueBy: evening, failure: undefined },
      { what: 'credit', comparedAt: morning, triedAt: morning, dueBy: noon, failure: undefined },
    ]);
  });

  it('are the newest of each chain that is asked for, and of all chains together', async () => {
    const kept = new PostgresReconciliationStore(pool);
    const euros = (amount: bigint) => ({ amount, currency: 'EUR' as const });
    const compared = (onChain: bigint, chain?: string) => ({
      ...{
        provider: 'demo',
        subject: chain === undefined ? ('credit' as const) : ('treasury' as const),
        currency: 'EUR' as const,
        blocks: [],
      },
      ...{ ...(chain !== undefined && { chainId: chain }), onChain: euros(onChain) },
      ...{ opening: euros(0n), inLedger: euros(0n), inFlight: euros(0n) },
    });
    for (const each of [compared(1n, '1'), compared(2n, '1'), compared(3n, '2'), compared(4n)]) await kept.keep(each, noon);
    const amounts = async (chainIds: readonly string[]) => (await kept.latest(chainIds)).map(({ onChain }) => onChain.amount).sort();
    expect([await amounts(['1']), await amounts([])]).toEqual([[2n, 4n], [4n]]);
  });
});

it('tells a start of chains that were watched and are named no more', async () => {
  const store = await emptyTables();
  expect(await forgottenChains([], pool)).toBeUndefined();
  await store.open(chainId, [start]);
  expect(await forgottenChains([{ chainId }], pool)).toBeUndefined();
  expect(await forgottenChains([{ chainId: '1' }], pool)).toContain(`on chain ${chainId}, which SETTLEMENT_CHAINS does not name`);
});
