import { beforeEach, describe, expect, it } from '@jest/globals';
import { Interface, toBeHex } from 'ethers';
import type { ChainNode } from '../../../services/chain/application/chain-node.ts';
import { MemorySettlementLedger } from '../../../services/settlement/adapters/memory/memory.settlement-ledger.ts';
import { MemoryWatcherStore } from '../../../services/settlement/adapters/memory/memory.watcher-store.ts';
import { correctedStrays, type Stray } from '../../../services/settlement/domain/late-logs.ts';
import { zeroAddress } from '../../../services/settlement/domain/quote.ts';
import { emitted, type RawLog, ScriptedChain, scriptedCalls, scriptedContracts, type ScriptedLog } from '../../support/scripted-chain.ts';
import { scriptedChainOf, watchOf } from '../../support/watched-chain.ts';
import { block, effectOf, payer } from './effect.fixtures.ts';

const [token, someone, treasury] = ['c2', 'b1', 'b2'].map((byte) => `0x${byte.repeat(20)}`) as [string, string, string];
const word = `0x${'ab'.repeat(32)}`;
const erc20 = new Interface(['event Transfer(address indexed from, address indexed to, uint256 value)']);
const transfer = (amount: bigint): ScriptedLog => ({ address: token, ...erc20.encodeEventLog('Transfer', [someone, treasury, amount]) });
const paid: ScriptedLog = {
  ...emitted(scriptedContracts.settlement, 'Settled', ['1', word, someone, 1n, 1, 2, token, 1_000n, 10n, treasury, '0x455552', 1_234n]),
  slot: { providerId: '1', seq: 1n },
};

let chain: ScriptedChain;
let ledger: MemorySettlementLedger;
let store: MemoryWatcherStore;
beforeEach(() => {
  [chain, ledger, store] = [new ScriptedChain(), new MemorySettlementLedger(), new MemoryWatcherStore()];
  chain.mine([emitted(scriptedContracts.registry, 'ProviderCreated', [1n, someone, treasury])]);
});

/** What it leaves out of logs, of receipts, and of the state of the contract. */
type Omission = 'logs' | 'receipts' | 'state';

function forgetting(omissions: ReadonlySet<Omission>): ChainNode {
  const truth = scriptedCalls(chain);
  const without = (logs: readonly RawLog[]) => logs.filter(({ address }) => address !== scriptedContracts.settlement);
  return {
    async call<Result>(method: string, ...params: readonly unknown[]): Promise<Result> {
      if (method === 'eth_call' && omissions.has('state')) return toBeHex(0, 32) as Result;
      const answer = await truth.call<unknown>(method, ...params);
      if (method === 'eth_getLogs' && omissions.has('logs')) return without(answer as RawLog[]) as Result;
      if (method !== 'eth_getTransactionReceipt' || !omissions.has('receipts')) return answer as Result;
      const receipt = answer as { readonly logs: RawLog[] };
      return { ...receipt, logs: without(receipt.logs) } as Result;
    },
  };
}

function watch(omissions: ReadonlySet<Omission>) {
  const configured = { ...scriptedChainOf(['-']), tokens: [{ address: token, currency: 'USDC', decimals: 6 }] } as const;
  return watchOf(configured, { store, ledger, nodes: [forgetting(omissions)], settings: { compareMs: -1 } });
}

const told = (name: string) =>
  [...ledger.facts().values()].filter(([first]) => first?.effect.log.name === name).map((facts) => facts.map(({ type }) => type));

describe('a payment whose log a node leaves out', () => {
  it('is found by the receipt of what moved with it, before that is told as a stray', async () => {
    chain.mine([transfer(990n), paid], [transfer(7n)]);
    chain.finalise();
    const omissions = new Set<Omission>(['logs', 'state']);
    const watching = watch(omissions);
    await watching.look();
    omissions.delete('state');
    for (let looks = 0; looks < 2; looks++) await watching.look();
    expect([told('Settled'), told('Transfer')]).toEqual([[['observed', 'finalized']], [['observed', 'finalized']]]);
    expect(ledger.finalised().flatMap(({ log }) => (log.name === 'Transfer' ? [log.amount] : []))).toEqual(['7']);
  });

  it('is told once when it is found late: what was told as a stray is taken back, to the unit', async () => {
    chain.mine([transfer(990n), paid, transfer(5n)]);
    chain.finalise();
    const omissions = new Set<Omission>(['logs', 'receipts', 'state']);
    const watching = watch(omissions);
    for (let looks = 0; looks < 3; looks++) await watching.look();
    expect([told('Settled'), told('Transfer')]).toEqual([[], [['observed', 'finalized']]]);
    omissions.clear();
    for (let looks = 0; looks < 3; looks++) await watching.look();
    expect([told('Settled'), told('Transfer')]).toEqual([
      [['observed', 'finalized']],
      [['observed', 'finalized', 'reversed', 'observed', 'finalized']],
    ]);
    const amounts = ledger.finalised().flatMap(({ log }) => (log.name === 'Transfer' ? [log.amount] : []));
    expect(amounts).toEqual(['5']);
  });
});

describe('what a late log accounts for', () => {
  const settled = effectOf('slot', '7', {
    ...{ name: 'Settled', invoiceRef: word, payer, seq: '7', kind: '1', method: '1', token: zeroAddress, amount: '1000', fee: '10' },
    ...{ treasury, currency: '0x455552', fiatMinor: '1' },
  });
  const coins = (amount: string, direction: 'in' | 'out' = 'in', more = {}) =>
    effectOf('log', `${treasury}.5-20`, {
      ...{ name: 'NativeMoved', address: treasury, role: 'treasury', direction, amount, fromBlock: '5', toBlock: '20' },
      ...more,
    }) as Stray;
  const amountsOf = (strays: readonly Stray[]) => strays.map(({ log }) => `${'direction' in log ? log.direction : ''} ${log.amount}`);

  it.each([
    ['all of it', coins('990'), []],
    ['a part of it', coins('1000'), ['in 10']],
    ['more than what was left after coins had gone', coins('100'), ['out 890']],
    ['nothing of what hid it', coins('100', 'out'), ['out 1090']],
  ])('is %s, of coins that came in its blocks', (_, stray, rest) => {
    const { withdrawn, left } = correctedStrays([settled], [stray]);
    expect([withdrawn, amountsOf(left)]).toEqual([[stray], rest]);
  });

  it('is nothing of fees, of other blocks, and of other transactions', () => {
    const transferred = effectOf('log', `${word}.1`, {
      ...{ name: 'Transfer', token: zeroAddress, from: payer, fromRole: 'other', to: treasury, toRole: 'treasury', amount: '990' },
    }) as Stray;
    const elsewhere = { ...transferred, tx: word };
    const later = { ...settled, block: block(21) };
    expect(correctedStrays([settled], [coins('990', 'out', { cause: 'fees' }), elsewhere])).toEqual({ withdrawn: [], left: [] });
    expect(correctedStrays([later], [coins('990')])).toEqual({ withdrawn: [], left: [] });
  });

  it('is the same for each of two providers that one transfer concerns', () => {
    const refunded = effectOf('refund', '1', {
      ...{ name: 'Refunded', seq: '7', to: payer, refundSeq: '1', token: zeroAddress, amount: '40', reason: word },
    });
    const out = effectOf('log', `${refunded.tx}.-1`, {
      ...{ name: 'Transfer', token: zeroAddress, from: treasury, fromRole: 'refunder', to: someone, toRole: 'other', amount: '50' },
    }) as Stray;
    const { withdrawn, left } = correctedStrays([refunded], [out, { ...out, providerId: '12' }]);
    expect([withdrawn.length, amountsOf(left)]).toEqual([2, [' 10', ' 10']]);
  });
});
