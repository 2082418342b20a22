import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { id, Interface, keccak256, toBeHex } from 'ethers';
import { JsonRpc } from '../../../services/chain/adapters/rpc/json-rpc.ts';
import type { ChainNode } from '../../../services/chain/application/chain-node.ts';
import { MemorySettlementLedger } from '../../../services/settlement/adapters/memory/memory.settlement-ledger.ts';
import { MemoryWatcherStore } from '../../../services/settlement/adapters/memory/memory.watcher-store.ts';
import { SettlementAlarm } from '../../../services/settlement/application/settlement-alarms.ts';
import { observationKey } from '../../../services/settlement/domain/chain-effect.ts';
import {
  emitted,
  type ScriptedNode,
  ScriptedChain,
  scriptedContracts,
  purchased,
  settled,
  startScriptedNode,
} from '../../support/scripted-chain.ts';
import { impatientRpc, scriptedChainOf, watchOf } from '../../support/watched-chain.ts';

const word = id('anything');

let chain: ScriptedChain;
let node: ScriptedNode;
let store: MemoryWatcherStore;
let ledger: MemorySettlementLedger;

beforeEach(async () => {
  chain = new ScriptedChain();
  node = await startScriptedNode(chain);
  store = new MemoryWatcherStore();
  ledger = new MemorySettlementLedger();
});

afterEach(() => node.close());

const watch = (settings = {}) => watchOf(scriptedChainOf([node.url]), { store, ledger, settings });
const typesOf = () => [...ledger.facts().values()].map((facts) => facts.map(({ type }) => type));

describe('the watch of a chain', () => {
  it('observes what a block brings and finalises it with its block', async () => {
    chain.mine([settled(3n)], [settled(4n), settled(5n)]);
    const watching = watch();
    await watching.look();
    expect(typesOf()).toEqual([['observed'], ['observed'], ['observed']]);
    chain.mineEmpty(2);
    chain.finalise(2n);
    await watching.look();
    await watching.look();
    expect(typesOf()).toEqual([1, 2, 3].map(() => ['observed', 'finalized']));
    expect(ledger.finalised().map(({ key, logIndex }) => [key, logIndex])).toEqual([
      ['3', '0'],
      ['4', '1'],
      ['5', '2'],
    ]);
  });

  it('reads what is final by ranges, however small', async () => {
    for (let seq = 0n; seq < 20n; seq++) chain.mine([settled(seq)], [purchased(seq, 7n)]);
    chain.finalise(1n);
    await watch({ rangeMax: 3n }).look();
    expect(ledger.finalised().length).toBe(38);
    expect(ledger.facts().size).toBe(40);
  });

  it('takes back what a reorganisation loses, and takes it again where it comes back', async () => {
    chain.mineEmpty(2);
    chain.finalise();
    const watching = watch();
    chain.mine([settled(1n)]);
    const head = chain.mine([settled(2n)]);
    await watching.look();
    chain.undo(2);
    chain.mine([settled(2n)]);
    chain.mineEmpty(2);
    await watching.look();
    expect(typesOf()).toEqual([
      ['observed', 'reorged'],
      ['observed', 'reorged', 'observed'],
    ]);
    chain.goTo(head.hash);
    chain.mineEmpty(3);
    await watching.look();
    chain.finalise();
    await watching.look();
    expect(typesOf()).toEqual([
      ['observed', 'reorged', 'observed', 'finalized'],
      ['observed', 'reorged', 'observed', 'reorged', 'observed', 'finalized'],
    ]);
  });
  it('stops at another block in the place of a final one, also before that is final', async () => {
    chain.mine([settled(1n)]);
    chain.finalise();
    const watching = watch();
    await watching.look();
    chain.undo(1);
    chain.mineEmpty(2);
    chain.finalizedNumber = 0n;
    await expect(watching.look()).rejects.toMatchObject({ code: 'finality_failed' });
    expect(typesOf()).toEqual([['observed', 'finalized']]);
  });

  it('[SET-A32] stops at another final block where everything was final that it had seen', async () => {
    chain.mine([settled(1n)]);
    chain.finalise();
    const watching = watch();
    await watching.look();
    chain.undo(1);
    chain.mineEmpty(1);
    chain.finalise();
    for (let looks = 0; looks < 2; looks++) await expect(watching.look()).rejects.toMatchObject({ code: 'finality_failed' });
    expect(typesOf()).toEqual([['observed', 'finalized']]);
  });

  it('reads prepaid credit from the block on that its factory made it in, without a start in between', async () => {
    const [credit, holder] = [`0x${'c1'.repeat(20)}`, `0x${'b1'.repeat(20)}`];
    chain.mineEmpty(2);
    chain.finalise();
    const watching = watch();
    await watching.look();
    const issue = (seq: bigint) => emitted(credit, 'CreditIssued', [holder, seq, 50n, 80n, word]);
    const create = emitted(scriptedContracts.creditFactory, 'CreditCreated', [7n, credit, '0x455552', 2]);
    chain.mine([create, issue(1n)]);
    chain.mine([issue(2n)]);
    await watching.look();
    await watching.look();
    const issued = () =>
      [...ledger.facts().values()].flatMap((facts) => facts.filter(({ effect: { log } }) => log.name === 'CreditIssued'));
    expect(issued().map(({ effect }) => [effect.providerId, effect.key])).toEqual([
      ['7', '1'],
      ['7', '2'],
    ]);
    chain.undo(2);
    chain.mine([create, issue(1n)]);
    chain.mineEmpty(1);
    chain.finalise();
    for (let looks = 0; looks < 3; looks++) await watching.look();
    chain.codes.set(credit, '0x6002');
    chain.mineEmpty(1);
    chain.finalise();
    await watching.look();
    const last = [...ledger.facts().values()].map((facts) => facts.at(-1)!);
    expect(last.flatMap(({ type, effect: { log, key } }) => (log.name === 'CreditIssued' ? [`${type} ${key}`] : []))).toEqual([
      'finalized 1',
      'reorged 2',
    ]);
  });

  it('finds within a day a payment that a node left out, in whatever word of the numbers that were given out', async () => {
    ledger = new MemorySettlementLedger({ ours: new Set(['1', '2']), lastSlots: new Map([['1', 5_000n]]) });
    let now = Date.parse('2026-03-01T00:00:00Z');
    const clock = () => new Date(now).toISOString();
    const watching = watchOf(scriptedChainOf([node.url]), { store, ledger, now: clock });
    chain.mineEmpty(1);
    for (let looks = 0; looks < 2; looks++) await watching.look();
    node.lie = (method) => (method === 'eth_getLogs' ? { result: [] } : undefined);
    chain.mine([purchased(5_000n, 9n)], [settled(4_000n)]);
    chain.mineEmpty(1);
    chain.finalise();
    await watching.look();
    node.lie = undefined;
    await watching.look();
    expect(ledger.facts().size).toBe(0);
    now += 86_400_001;
    await watching.look();
    expect(ledger.finalised().map(({ key, contract }) => [key, contract])).toEqual([
      ['5000', scriptedContracts.escrow],
      ['4000', scriptedContracts.settlement],
    ]);
  });

  it('keeps nobody waiting for a provider whose numbers cannot be read, and asks again', async () => {
    class ForgetfulLedger extends MemorySettlementLedger {
      override async lastSlot(providerId: string): Promise<bigint> {
        if (providerId === '1') throw new Error('The register is away.');
        return super.lastSlot(providerId);
      }
    }
    ledger = new ForgetfulLedger({ ours: new Set(['1', '2']), lastSlots: new Map([['2', 300n]]) });
    chain.mine([settled(1n)]);
    chain.finalise();
    const watching = watch();
    for (let looks = 0; looks < 2; looks++) await expect(watching.look()).rejects.toThrow('The register is away.');
    expect(ledger.finalised().map(({ key }) => key)).toEqual(['1']);
    const latest = new Date(8.64e15);
    const words = await store.wordsToCompare('77', { since: latest, until: latest }, 9);
    expect(words.filter(({ providerId }) => providerId === '2').map(({ word: of, contract }) => `${contract.slice(-2)} ${of}`)).toEqual([
      'a2 0',
      'a2 1',
      'a3 0',
      'a3 1',
    ]);
  });

  it('tells the ledger at once, and once, that a mandate is over, whatever becomes of the block', async () => {
    const revoked = emitted(scriptedContracts.settlement, 'MandateRevoked', [word, `0x${'b1'.repeat(20)}`, `0x${'b1'.repeat(20)}`]);
    chain.mine([revoked]);
    const watching = watch();
    await watching.look();
    expect([ledger.ended(), await store.revocations('77', 9)]).toEqual([[word], []]);
    chain.undo(1);
    chain.mineEmpty(2);
    await watching.look();
    chain.mine([revoked]);
    chain.finalise();
    await watching.look();
    expect([ledger.ended(), ledger.facts().size, await store.revocations('77', 9)]).toEqual([[word], 0, []]);
  });

  it('reads nothing where other code stands than the configuration demands, or none at all', async () => {
    chain.mine([settled(1n)]);
    chain.finalise();
    const demanding = (codeHashes: object) => watchOf({ ...scriptedChainOf([node.url]), codeHashes }, { store, ledger });
    const { settlement, escrow } = scriptedContracts;
    const message = `The code at ${settlement} has the hash ${keccak256('0x6001')}, and not ${word}.`;
    for (let looks = 0; looks < 2; looks++) {
      await expect(demanding({ settlement: word }).look()).rejects.toThrow(message);
    }
    chain.codes.set(escrow, '0x');
    await expect(watch().look()).rejects.toMatchObject({ code: 'wrong_chain', message: `There is no contract at ${escrow} on chain 77.` });
    expect(ledger.facts().size).toBe(0);
    chain.codes.clear();
    await demanding({ settlement: keccak256('0x6001') }).look();
    expect(ledger.finalised().length).toBe(1);
    // What the configuration demands goes before what was found first.
    await expect(demanding({ settlement: word }).look()).rejects.toThrow(message);
  });

  it('sets a provider aside whose effect the ledger refuses, in its order, and goes on with the others', async () => {
    const refused = new Set(['1']);
    class RefusingLedger extends MemorySettlementLedger {
      override async take(...[effect, heads]: Parameters<MemorySettlementLedger['take']>) {
        if (!refused.has(effect.key)) return super.take(effect, heads);
        throw new SettlementAlarm('settlement-x', effect, { code: 'settlement_key_taken', standing: '', given: observationKey(effect) });
      }
    }
    ledger = new RefusingLedger();
    chain.mine([settled(1n), settled(2n)], [settled(3n, { providerId: '2' }), settled(4n)]);
    chain.mine([settled(5n, { providerId: '2' })]);
    chain.finalise();
    const watching = watch();
    const told = () => ledger.finalised().map(({ providerId, key }) => `${providerId}: ${key}`);
    for (let looks = 0; looks < 2; looks++) {
      await expect(watching.look()).rejects.toMatchObject({ name: 'SettlementAlarm', code: 'settlement_key_taken' });
      expect([told(), ledger.facts().size]).toEqual([['2: 3', '2: 5'], 2]);
    }
    refused.clear();
    await watching.look();
    expect(told()).toEqual(['1: 1', '1: 2', '2: 3', '1: 4', '2: 5']);
  });

  it('is not kept from telling the others by a defect that an effect of one provider brings out', async () => {
    class BrokenLedger extends MemorySettlementLedger {
      override async take(...[effect, heads]: Parameters<MemorySettlementLedger['take']>) {
        if (effect.providerId === '1') (undefined as unknown as { cents: string }).cents.trim();
        return super.take(effect, heads);
      }
    }
    ledger = new BrokenLedger();
    chain.mine([settled(1n), settled(2n, { providerId: '2' })]);
    chain.finalise();
    await expect(watch().look()).rejects.toMatchObject({ name: 'EffectDefect', cause: { name: 'TypeError' } });
    expect(ledger.finalised().map(({ providerId, key }) => `${providerId}: ${key}`)).toEqual(['2: 2']);
  });

  it('keeps no provider waiting for the effects of another one, however many there are', async () => {
    const flood = Array.from({ length: 510 }, (_, seq) => settled(BigInt(seq)));
    chain.mine(flood);
    chain.mine([settled(1n, { providerId: '2' })]);
    chain.finalise();
    const watching = watch();
    await watching.look();
    const told = Map.groupBy(ledger.finalised(), ({ providerId }) => providerId);
    expect([told.get('1')?.length, told.get('2')?.length]).toEqual([500, 1]);
    await watching.look();
    expect(ledger.finalised()).toHaveLength(511);
  });

  it('tells anew with each head only what may come of age before it is final', async () => {
    const taken: string[] = [];
    class CountingLedger extends MemorySettlementLedger {
      override take(...[effect, heads]: Parameters<MemorySettlementLedger['take']>) {
        taken.push(effect.log.name);
        return super.take(effect, heads);
      }
    }
    ledger = new CountingLedger();
    chain.mine([settled(1n), emitted(scriptedContracts.registry, 'ProviderPausedSet', [1n, true])]);
    const watching = watch();
    for (let looks = 0; looks < 3; looks++) {
      await watching.look();
      chain.mineEmpty(1);
    }
    expect(taken.toSorted()).toEqual(['ProviderPausedSet', 'Settled', 'Settled', 'Settled']);
    chain.finalise();
    for (let looks = 0; looks < 2; looks++) await watching.look();
    expect(ledger.finalised()).toHaveLength(2);
  });

  it('believes no single node the time of a block, which amounts are valued at', async () => {
    const others = await Promise.all([startScriptedNode(chain), startScriptedNode(chain)]);
    const late = 1_900_000_000n;
    node.lie = (method, _, truth) => {
      if (!method.startsWith('eth_getBlock')) return undefined;
      return { result: { ...(truth() as object), timestamp: toBeHex(chain.finalizedNumber === 0n ? late : 2n ** 200n) } };
    };
    const watching = watchOf(scriptedChainOf([node, ...others].map(({ url }) => url)), { store, ledger });
    try {
      chain.mine([settled(1n)]);
      // Where blocks may differ, the two that say the same count.
      await watching.look().catch(() => undefined);
      chain.finalise();
      for (let looks = 0; looks < 2; looks++) await watching.look();
      expect(ledger.finalised().map(({ block }) => block.time)).toEqual([new Date(1_700_000_002_000).toISOString()]);
    } finally {
      await Promise.all(others.map((other) => other.close()));
    }
  });

  it('takes an answer that is none for a node that is away, and not for the end of the look', async () => {
    const others = await Promise.all([startScriptedNode(chain), startScriptedNode(chain)]);
    const empty: ChainNode = new JsonRpc('http://node.example', async () => new Response('null'));
    chain.mine([settled(1n)]);
    chain.finalise();
    const nodes = [empty, ...others.map(({ url }) => impatientRpc(url))];
    try {
      await watchOf(scriptedChainOf(['-', '-', '-']), { store, ledger, nodes }).look();
      expect(ledger.finalised()).toHaveLength(1);
    } finally {
      await Promise.all(others.map((other) => other.close()));
    }
  });

  it('tells what was agreed on while a node lies of transfers past the contracts, and reads these once it does not', async () => {
    const [token, someone, treasury] = ['c2', 'b1', 'b2'].map((byte) => `0x${byte.repeat(20)}`) as [string, string, string];
    const chosen = emitted(scriptedContracts.registry, 'TreasuryApplied', [1n, treasury]);
    const stray = new Interface(['event Transfer(address indexed from, address indexed to, uint256 value)']);
    chain.mine([chosen], [settled(1n)], [{ address: token, ...stray.encodeEventLog('Transfer', [someone, treasury, 7n]) }]);
    chain.finalise();
    const liar = await startScriptedNode(chain);
    liar.lie = (method, params) => (method === 'eth_getLogs' && JSON.stringify(params).includes(token) ? { result: [] } : undefined);
    const tokens = [{ address: token, currency: 'USDC', decimals: 6 }] as const;
    const watching = watchOf({ ...scriptedChainOf([node.url, liar.url]), tokens }, { store, ledger });
    const told = () => ledger.finalised().map(({ log }) => log.name);
    try {
      await expect(watching.look()).rejects.toMatchObject({ name: 'NodesDisagreeFault' });
      expect(told()).toEqual(['TreasuryApplied', 'Settled']);
      liar.lie = undefined;
      await watching.look();
      await watching.look();
      expect(told()).toEqual(['TreasuryApplied', 'Settled', 'Transfer']);
    } finally {
      await liar.close();
    }
  });

  it('tells nothing that was not held against the contract, also when nodes fail behind it', async () => {
    await watch().look();
    const { slot: _, ...madeUp } = settled(1n);
    chain.mine([madeUp]);
    chain.mine([settled(2n)]);
    const second = toBeHex(chain.head.number);
    node.lie = (method, params, truth) =>
      method === 'eth_getBlockByNumber' && params[0] === second ? { result: { ...(truth() as object), parentHash: word } } : undefined;
    await expect(watch().look()).rejects.toMatchObject({ code: 'event_without_bit' });
    expect(ledger.facts().size).toBe(0);
  });
});
