import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { MemorySettlementLedger } from '../../../services/settlement/adapters/memory/memory.settlement-ledger.ts';
import { MemoryWatcherStore } from '../../../services/settlement/adapters/memory/memory.watcher-store.ts';
import { type ScriptedNode, ScriptedChain, purchased, settled, startScriptedNode } from '../../support/scripted-chain.ts';
import { scriptedChainOf, watchOf } from '../../support/watched-chain.ts';

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
});
