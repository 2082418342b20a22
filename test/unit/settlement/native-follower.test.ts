import { beforeEach, describe, expect, it } from '@jest/globals';
import { ChainUnavailableFault } from '../../../services/chain/application/chain-faults.ts';
import type { ChainNode } from '../../../services/chain/application/chain-node.ts';
import { MemorySettlementLedger } from '../../../services/settlement/adapters/memory/memory.settlement-ledger.ts';
import { MemoryWatcherStore } from '../../../services/settlement/adapters/memory/memory.watcher-store.ts';
import { nativeToken } from '../../../services/settlement/application/settlement-chain.ts';
import type { BlockRange } from '../../../services/settlement/application/watching/watched-node.ts';
import { emitted, ScriptedChain, scriptedCalls, scriptedChainId, scriptedContracts } from '../../support/scripted-chain.ts';
import { scriptedChainOf, watchOf } from '../../support/watched-chain.ts';

const treasury = `0x${'b2'.repeat(20)}`;

/** Notes of which blocks logs were loaded. */
class NotingStore extends MemoryWatcherStore {
  readonly loaded: BlockRange[] = [];

  override async inBlocks(chainId: string, range: BlockRange) {
    this.loaded.push(range);
    return super.inBlocks(chainId, range);
  }
}

let chain: ScriptedChain;
let store: NotingStore;
let ledger: MemorySettlementLedger;
/** Numbers of the blocks whose transactions were asked for. */
let read: number[];
/** What the treasury has from this block on, beside nothing before. */
let gift: { readonly from: bigint; readonly units: bigint };
let onRead: (block: number) => void;

beforeEach(() => {
  chain = new ScriptedChain();
  [store, ledger, read, onRead] = [new NotingStore(), new MemorySettlementLedger(), [], () => undefined];
  gift = { from: 5n, units: 9n };
  chain.mine([emitted(scriptedContracts.registry, 'TreasuryApplied', [1n, treasury])]);
  chain.finalise();
});

/** A node that knows balances and transactions too: blocks are empty of the latter. */
function nodeWithCoins(): ChainNode {
  const truth = scriptedCalls(chain);
  return {
    async call<Result>(method: string, ...params: readonly unknown[]): Promise<Result> {
      if (method === 'eth_getBalance') {
        const { number } = chain.byHash((params[1] as { blockHash: string }).blockHash)!;
        return `0x${(number >= gift.from ? gift.units : 0n).toString(16)}` as Result;
      }
      if (method !== 'eth_getBlockByHash' || params[1] !== true) return truth.call(method, ...params);
      const number = Number(chain.byHash(params[0] as string)!.number);
      read.push(number);
      onRead(number);
      return { hash: params[0], transactions: [] } as Result;
    },
  };
}

function watch() {
  const tokens = [{ address: nativeToken, currency: 'ETH', decimals: 18 }] as const;
  const parts = { store, ledger, settings: { coinBlocksMax: 4n }, nodes: [nodeWithCoins()] };
  return watchOf({ ...scriptedChainOf(['http://node']), tokens }, parts);
}

const told = () => ledger.finalised().flatMap(({ log }) => (log.name === 'NativeMoved' ? [log] : []));

/** The chain goes on by so many blocks, which are final at once. */
function goOn(blocks: number): void {
  chain.mineEmpty(blocks);
  chain.finalise();
}

describe('coins past the contracts, over many blocks', () => {
  it('are looked for in steps, while the chain goes on and is told, and found once', async () => {
    const watching = watch();
    await watching.look();
    goOn(10);
    const steps: number[][] = [];
    for (let looks = 0; looks < 4; looks++) {
      await watching.look();
      steps.push(read.splice(0));
      goOn(1);
    }
    expect(steps).toEqual([[2, 3, 4, 5], [6, 7, 8, 9], [10, 11], []]);
    await watching.look();
    expect(told()).toMatchObject([{ address: treasury, direction: 'in', amount: '9', fromBlock: '2', toBlock: '11' }]);
  });

  it('are looked for from where a failing node left off', async () => {
    const watching = watch();
    await watching.look();
    goOn(5);
    onRead = (block) => {
      if (block === 4) throw new ChainUnavailableFault('It went away.');
    };
    await expect(watching.look()).rejects.toMatchObject({ name: 'QuorumFault' });
    onRead = () => undefined;
    goOn(3);
    await watching.look();
    expect(read).toEqual([2, 3, 4, 4, 5, 6]);
    for (let looks = 0; looks < 2; looks++) await watching.look();
    expect(told()).toMatchObject([{ fromBlock: '2', toBlock: '6' }]);
  });

  it('are looked for from where another process left off, and what was read is forgotten once it is told', async () => {
    await watch().look();
    goOn(10);
    const steps: number[][] = [];
    for (let looks = 0; looks < 3; looks++) {
      await watch().look();
      steps.push(read.splice(0));
    }
    expect(steps).toEqual([
      [2, 3, 4, 5],
      [6, 7, 8, 9],
      [10, 11],
    ]);
    await watch().look();
    expect(told()).toMatchObject([{ amount: '9', fromBlock: '2', toBlock: '11' }]);
    expect(await store.coinReading(scriptedChainId)).toBeUndefined();
  });

  it('are left where they are at the next block once somebody wants to stop, and gone on with', async () => {
    gift = { from: 3n, units: 9n };
    const watching = watch();
    await watching.look();
    goOn(3);
    const stop = new AbortController();
    onRead = () => stop.abort();
    await watching.look(stop.signal);
    expect(read).toEqual([2]);
    onRead = () => undefined;
    for (let looks = 0; looks < 2; looks++) await watching.look();
    expect(read).toEqual([2, 3, 4]);
    expect(told()).toMatchObject([{ fromBlock: '2', toBlock: '4' }]);
  });

  it('are asked for of so many refunders of a provider, those named last, and of every treasury', async () => {
    const refunder = (number: number) => `0x${number.toString(16).padStart(40, 'f')}`;
    const named = Array.from({ length: 60 }, (_, number) => emitted(scriptedContracts.registry, 'RefunderSet', [1n, refunder(number), 1n]));
    chain.mine([...named, emitted(scriptedContracts.registry, 'RefunderSet', [1n, refunder(3), 0n])]);
    chain.finalise();
    for (let looks = 0; looks < 2; looks++) await watch().look();
    const holders = new Set((await store.balances(scriptedChainId)).map(({ holder }) => holder));
    expect(holders.size).toBe(33);
    expect([treasury, refunder(3), refunder(59), refunder(29), refunder(28)].map((each) => holders.has(each))).toEqual([
      true,
      true,
      true,
      true,
      false,
    ]);
  });

  it('loads no logs before there is anything to compare', async () => {
    const watching = watch();
    goOn(20);
    await watching.look();
    expect([store.loaded, await store.balances('77')]).toMatchObject([[], [{ holder: treasury, at: { number: 21n }, units: 9n }]]);
    goOn(1);
    await watching.look();
    expect(store.loaded).toEqual([{ from: 22n, to: 22n }]);
  });
});
