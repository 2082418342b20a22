import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Wallet, ZeroAddress } from 'ethers';
import type { Pool } from 'pg';
import { sent, settlementOn, type SettlementChain as Contracts } from '../../../bench/support/settlement-chain.ts';
import { startThrowawayChain } from '../../../bench/support/throwaway-chain.ts';
import { createPool } from '../../../services/read-store/pool.ts';
import { ChainRefusedFault } from '../../../services/chain/application/chain-faults.ts';
import type { ChainNode } from '../../../services/chain/application/chain-node.ts';
import { JsonRpc } from '../../../services/chain/adapters/rpc/json-rpc.ts';
import { MemorySettlementLedger } from '../../../services/settlement/adapters/memory/memory.settlement-ledger.ts';
import { MemoryWatcherStore } from '../../../services/settlement/adapters/memory/memory.watcher-store.ts';
import { PostgresWatcherStore } from '../../../services/settlement/adapters/postgres/postgres.watcher-store.ts';
import { systemClock } from '../../../services/commands/application/clock.ts';
import { AbiLogReader } from '../../../services/settlement/adapters/chain/abi.log-reader.ts';
import { RpcWatchedNode } from '../../../services/settlement/adapters/chain/rpc.watched-node.ts';
import { planAdoption } from '../../../services/settlement/application/watching/adoption.ts';
import { watchDefaults } from '../../../services/settlement/application/watching/chain-watch.ts';
import { resyncIntoShadow } from '../../../services/settlement/application/watching/shadow-resync.ts';
import { nativeToken, type SettlementChain } from '../../../services/settlement/application/settlement-chain.ts';
import type { WatcherStore, WatchStep } from '../../../services/settlement/application/watching/watcher-store.ts';
import { freshDatabase, type TestDatabase } from '../../support/postgres.ts';
import { forgetWatched, watchOf } from '../../support/watched-chain.ts';

let on: Contracts;
let chain: SettlementChain;
let database: TestDatabase;
let pool: Pool;
let ledger: MemorySettlementLedger;
let refunds = 0n;

beforeAll(async () => {
  on = await settlementOn(await startThrowawayChain());
  database = await freshDatabase();
  pool = createPool({ url: database.serviceUrl });
  chain = {
    ...{ chainId: '31337', rpcUrls: [on.chain.url], codeHashes: {}, deploymentBlock: 1n },
    tokens: [{ address: nativeToken, currency: 'ETH', decimals: 18 }],
    contracts: { registry: lower(await on.registry.getAddress()), settlement: lower(await on.settlement.getAddress()) },
    profile: { finality: 'tag', realMoney: false, confirmations: [] },
  };
});

afterAll(async () => {
  await pool.end();
  await database.drop();
  await on.chain.stop();
});

beforeEach(async () => {
  await forgetWatched(pool);
  ledger = new MemorySettlementLedger();
});

const lower = (address: string): string => address.toLowerCase();

/** The last blocks become final, and a watcher that knows only what is kept looks. */
async function look(store: WatcherStore = new PostgresWatcherStore(pool), nodes?: readonly ChainNode[]): Promise<void> {
  await on.chain.provider.send('anvil_mine', ['0x4']);
  await watchOf(chain, { ledger, store, ...(nodes !== undefined && { nodes }) }).look();
}

async function sendCoins(from: Wallet, to: string, value: bigint): Promise<void> {
  await (await from.sendTransaction({ to, value })).wait();
}

/** Knows what somebody has at the head alone. */
function forgetfulNode(): ChainNode {
  const rpc = new JsonRpc(on.chain.url);
  return {
    call: async (method, ...parameters) => {
      const at = (parameters[1] as { readonly blockHash?: string } | undefined)?.blockHash;
      const latest = await rpc.call<{ readonly hash: string }>('eth_getBlockByNumber', 'latest', false);
      if (method === 'eth_getBalance' && at !== undefined && at !== latest.hash)
        throw new ChainRefusedFault(method, 'missing trie node 7f (path ) state is not available', undefined);
      return rpc.call(method, ...parameters);
    },
  };
}

/** Ends the process where coins would be kept. */
class DyingStore extends PostgresWatcherStore {
  override async advance(step: WatchStep): Promise<void> {
    if (step.balances !== undefined) throw new Error('killed');
    await super.advance(step);
  }
}

/** A contract that ends while it is made: what it was given is forced upon the heir, whose code does not run. */
async function force(from: Wallet, heir: string, value: bigint): Promise<void> {
  await (await from.sendTransaction({ data: `0x73${heir.slice(2)}ff`, value })).wait();
}

async function pay(seq: bigint, amount: bigint): Promise<void> {
  const quote = on.quote({ seq, token: ZeroAddress, amount });
  const contract = on.settlement.connect(on.hands.payer) as Contracts['settlement'];
  await (await contract.getFunction('payNative').send(quote, on.hands.signer.address, await on.sign(quote), { value: amount })).wait();
}

async function refund(amount: bigint): Promise<void> {
  const contract = on.settlement.connect(on.hands.refunder) as Contracts['settlement'];
  const what = [1n, 1n, ++refunds, ZeroAddress, on.hands.payer.address, amount, `0x${'00'.repeat(32)}`];
  await (await contract.getFunction('refund').send(...what, { value: amount })).wait();
}

/** What was told of coins past the contracts, in short. */
function told(): string[] {
  return ledger.finalised().flatMap(({ log }) => {
    if (log.name === 'Transfer') return [`${log.fromRole} to ${log.toRole} ${log.amount}`];
    if (log.name === 'NativeMoved') return [`${log.role} ${log.direction} ${log.cause === 'fees' ? 'fees' : log.amount}`];
    return [];
  });
}

describe('coins that go past the contracts', () => {
  it('are told once they are final, and payments, refunds and gas of the key that refunds are not', async () => {
    const { treasury, refunder, payer, stranger } = on.hands;
    await look();
    await pay(11n, 1_000n);
    await refund(40n);
    await look();
    expect(told()).toEqual([]);
    await pay(12n, 500n);
    await sendCoins(payer, treasury.address, 7n);
    await sendCoins(treasury, refunder.address, 5n);
    await force(stranger, treasury.address, 9n);
    await refund(3n);
    await look();
    await look();
    expect(told().toSorted()).toEqual(['other to treasury 7', 'treasury in 9', 'treasury out fees', 'treasury to refunder 5']);
    const [stray] = ledger.finalised().filter(({ log }) => log.name === 'Transfer' && log.toRole === 'treasury');
    expect(stray).toMatchObject({ contract: nativeToken, log: { from: lower(payer.address), to: lower(treasury.address) } });
  });

  it('are told of a treasury that was replaced, too', async () => {
    const { providerAdmin, treasury, payer, other } = on.hands;
    await sent(on.registry, providerAdmin, 'proposeTreasury', 1n, other.address);
    await on.chain.provider.send('evm_increaseTime', [172_801]);
    await sent(on.registry, providerAdmin, 'applyTreasury', 1n);
    await look();
    await sendCoins(payer, treasury.address, 21n);
    await force(payer, other.address, 23n);
    await look();
    await look();
    expect(told().toSorted()).toEqual(['other to treasury 21', 'treasury in 23']);
  });

  it('are told from where balances were known, when a process ends before it has kept what it found', async () => {
    await look();
    await sendCoins(on.hands.payer, on.hands.treasury.address, 31n);
    await expect(look(new DyingStore(pool))).rejects.toThrow('killed');
    expect(told()).toEqual([]);
    await look();
    await look();
    expect(told()).toEqual(['other to treasury 31']);
  });

  it.each([
    ['Postgres', () => new PostgresWatcherStore(pool)],
    ['memory', () => new MemoryWatcherStore()],
  ])(
    'are told where nodes forget the state of final blocks: %s keeps what was seen at the head',
    async (_, open) => {
      const [store, forgetful] = [open(), forgetfulNode()];
      await look(store, [forgetful]);
      await sendCoins(on.hands.payer, on.hands.treasury.address, 41n);
      for (let looks = 0; looks < 4; looks++) await look(store, [forgetful]);
      await sendCoins(on.hands.payer, on.hands.treasury.address, 43n);
      for (let looks = 0; looks < 4; looks++) await look(store, [forgetful]);
      expect(told()).toEqual(['other to treasury 41', 'other to treasury 43']);
    },
    60_000,
  );
});

describe.each([
  ['Postgres', () => new PostgresWatcherStore(pool)],
  ['memory', () => new MemoryWatcherStore()],
])('coins that moved in final blocks that were replaced, kept in %s', (_, open) => {
  let store: WatcherStore;
  beforeEach(() => {
    store = open();
  });

  const plan = async (nodes: ChainNode = new JsonRpc(on.chain.url)) => {
    const finding = await resyncIntoShadow({
      ...{ chain, reader: new AbiLogReader(), clock: systemClock, settings: { ...watchDefaults, backoffMsMax: 0 }, isToTheEnd: true },
      ...{ nodes: [new RpcWatchedNode('node', nodes, chain.profile)], kept: store, shadow: new MemoryWatcherStore() },
    });
    return planAdoption(finding, store, ledger, { forgotten: [], unfounded: [] });
  };
  const lookThrough = async () => {
    for (let looks = 0; looks < 3; looks++) await look(store);
  };
  const head = () => on.chain.provider.getBlockNumber();
  /** Everything behind this block is replaced: first by these transactions again, one a block. */
  const replaceBehind = async (number: number, again: readonly string[] = []) => {
    await on.chain.provider.send('anvil_reorg', [(await head()) - number, []]);
    for (const raw of again) await (await on.chain.provider.broadcastTransaction(raw)).wait();
    await on.chain.provider.send('anvil_mine', ['0x10']);
    await expect(look(store)).rejects.toMatchObject({ code: 'finality_failed' });
  };
  const signedTransfer = async (value: bigint): Promise<string> => {
    const { payer, treasury } = on.hands;
    return payer.signTransaction(await payer.populateTransaction({ to: treasury.address, value }));
  };

  it('are taken back for who names them, stay where the chain shows them elsewhere, and are looked for anew', async () => {
    const { treasury, refunder, payer, stranger } = on.hands;
    await look(store);
    await sendCoins(payer, treasury.address, 51n);
    await lookThrough();
    const fork = await head();
    const raw = await signedTransfer(53n);
    await on.chain.provider.broadcastTransaction(raw);
    await sendCoins(treasury, refunder.address, 5n);
    await force(stranger, treasury.address, 9n);
    await lookThrough();
    const before = ['other to treasury 51', 'other to treasury 53', 'treasury in 9', 'treasury out fees', 'treasury to refunder 5'];
    expect(told().toSorted()).toEqual(before);
    await replaceBehind(fork, [raw]);
    await sendCoins(payer, treasury.address, 57n);
    await on.chain.provider.send('anvil_mine', ['0x4']);

    const { reversed, digest, adopt } = await plan();
    expect(reversed.map(({ log }) => log.name).toSorted()).toEqual(['NativeMoved', 'NativeMoved', 'Transfer']);
    expect((await plan()).digest).toBe(digest);
    await expect(adopt()).rejects.toThrow('Nobody has decided');
    expect(told().toSorted()).toEqual(before);
    await adopt('The chain went back.');
    await lookThrough();
    expect(told().toSorted()).toEqual(['other to treasury 51', 'other to treasury 53', 'other to treasury 57']);
    const ofCoins = [...ledger.facts().values()].map((facts) => [facts[0]?.effect.log, ...facts.map(({ type }) => type)]);
    expect(ofCoins).toContainEqual([expect.objectContaining({ amount: '53' }), 'observed', 'finalized']);
    expect((await plan()).reversed).toEqual([]);
  });

  it('are told for other blocks where a range of them reaches over what was replaced, and no transfer before that twice', async () => {
    const { treasury, payer, stranger } = on.hands;
    await lookThrough();
    await force(stranger, treasury.address, 11n);
    await sendCoins(payer, treasury.address, 61n);
    const fork = await head();
    await sendCoins(payer, treasury.address, 63n);
    await lookThrough();
    expect(told().toSorted()).toEqual(['other to treasury 61', 'other to treasury 63', 'treasury in 11']);
    await replaceBehind(fork);
    const { reversed, adopt } = await plan();
    expect(reversed.map(({ log }) => ('amount' in log ? log.amount : '')).toSorted()).toEqual(['11', '63']);
    await adopt('The chain went back.');
    await lookThrough();
    expect(told().toSorted()).toEqual(['other to treasury 61', 'treasury in 11']);
    expect([...ledger.facts().values()].flat().filter(({ type }) => type === 'reversed')).toHaveLength(2);
  });

  it('are not hidden by transfers that stand before what was replaced', async () => {
    const { treasury, payer, stranger } = on.hands;
    await lookThrough();
    const spent = await (await treasury.sendTransaction({ to: payer.address, value: 71n })).wait();
    const fork = await head();
    await force(stranger, treasury.address, 13n);
    await lookThrough();
    expect(told().toSorted()).toEqual(['treasury in 13', 'treasury out fees', 'treasury to other 71']);
    await replaceBehind(fork);
    const back = 71n + (spent?.fee ?? 0n);
    await force(stranger, treasury.address, back);
    const { adopt } = await plan();
    await adopt('The chain went back.');
    await lookThrough();
    expect(told().toSorted()).toEqual([`treasury in ${back}`, 'treasury out fees', 'treasury to other 71']);
  });

  it('are taken back, and compared from the next final block on, where nodes do not know the state before', async () => {
    const { treasury, payer } = on.hands;
    await lookThrough();
    const fork = await head();
    await sendCoins(payer, treasury.address, 81n);
    await lookThrough();
    await replaceBehind(fork);
    const { reversed, adopt } = await plan(forgetfulNode());
    expect(reversed.map(({ log }) => ('amount' in log ? log.amount : ''))).toEqual(['81']);
    await adopt('The chain went back.');
    await lookThrough();
    await sendCoins(payer, treasury.address, 83n);
    await lookThrough();
    expect(told()).toEqual(['other to treasury 83']);
  });
});
