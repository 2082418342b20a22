import type { MemorySettlementLedger } from '../../services/settlement/adapters/memory/memory.settlement-ledger.ts';
import { emitted, purchased, type ScriptedChain, scriptedContracts, settled } from './scripted-chain.ts';

const someone = `0x${'b1'.repeat(20)}`;
const mandate = `0x${'d1'.repeat(32)}`;

/** What happens on the chain, one act after the other: payments, a reorganisation that loses one, finality. */
export const acts: readonly ((chain: ScriptedChain) => void)[] = [
  (chain) => {
    chain.mine([emitted(scriptedContracts.registry, 'ProviderCreated', ['1', someone, someone])]);
    chain.mine([settled(1n)], [settled(2n)]);
    chain.mineEmpty(1);
    chain.finalise(1n);
  },
  (chain) => {
    chain.mine([settled(3n)]);
    chain.mine([settled(4n)], [purchased(1n, 9n)], [emitted(scriptedContracts.settlement, 'MandateRevoked', [mandate, someone, someone])]);
  },
  (chain) => {
    chain.undo(1);
    chain.mine([settled(4n)]);
    chain.mineEmpty(1);
  },
  (chain) => {
    chain.mine([settled(5n)]);
    chain.finalise();
  },
];

/** What the ledger has to hold after the last act, whatever happens to whoever watches. */
export const expectedOfActs = [
  ['log', 'observed,finalized'],
  ['slot 1', 'observed,finalized'],
  ['slot 1', 'observed,reorged'],
  ['slot 2', 'observed,finalized'],
  ['slot 3', 'observed,finalized'],
  ['slot 4', 'observed,reorged,observed,finalized'],
  ['slot 5', 'observed,finalized'],
  ['mandate', mandate],
];

/** What a ledger holds of that: the facts of each effect in their order, and ends of mandates. */
export function heldBy(ledger: MemorySettlementLedger): string[][] {
  const named = [...ledger.facts().values()].map((facts) => {
    const { effect, key } = facts[0]!.effect;
    return [effect === 'log' ? effect : `${effect} ${key}`, facts.map(({ type }) => type).join()];
  });
  return [...named.toSorted(), ...ledger.ended().map((ended) => ['mandate', ended])];
}
