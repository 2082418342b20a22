import type { ChainHeads, EffectStanding, MandateEnd, SettlementLedger } from '../../application/settlement-ledger.ts';
import { businessKeyOf } from '../../application/watcher-store.ts';
import { type ChainEffect, observationKey } from '../../domain/chain-effect.ts';

/** What was written for one business key, in order. */
export interface ShadowFact {
  readonly type: 'observed' | 'confirmed' | 'finalized' | 'reorged';
  readonly effect: ChainEffect;
}

/** The shadow of a ledger: takes in what a watcher tells and writes it nowhere, so that it can be compared. */
export class MemorySettlementLedger implements SettlementLedger {
  readonly #facts = new Map<string, ShadowFact[]>();
  readonly #ended = new Set<string>();
  readonly #confirmBlocks: bigint | undefined;

  /** `confirmBlocks`: how deep an effect is confirmed; not before it is final when absent. */
  constructor({ confirmBlocks }: { readonly confirmBlocks?: bigint } = {}) {
    this.#confirmBlocks = confirmBlocks;
  }

  async take(effect: ChainEffect, { head, finalized }: ChainHeads): Promise<EffectStanding> {
    const facts = this.#factsOf(effect);
    const last = facts.at(-1);
    const isLive = last !== undefined && last.type !== 'reorged';
    if (isLive && observationKey(last.effect) !== observationKey(effect))
      throw new Error(`A second log says ${businessKeyOf(effect)}, in transaction ${effect.tx}.`);
    if (!isLive) facts.push({ type: 'observed', effect });
    const number = BigInt(effect.block.number);
    const isDeep = this.#confirmBlocks !== undefined && head - number + 1n >= this.#confirmBlocks;
    if (isDeep && number > finalized && facts.at(-1)?.type === 'observed') facts.push({ type: 'confirmed', effect });
    if (number <= finalized && facts.at(-1)?.type !== 'finalized') facts.push({ type: 'finalized', effect });
    return (facts.at(-1) as ShadowFact).type as EffectStanding;
  }

  async reorged(effect: ChainEffect): Promise<void> {
    const facts = this.#factsOf(effect);
    const last = facts.at(-1);
    if (last === undefined || last.type === 'reorged' || observationKey(last.effect) !== observationKey(effect)) return;
    if (last.type === 'finalized') throw new Error(`${businessKeyOf(effect)} is final and cannot be undone.`);
    facts.push({ type: 'reorged', effect });
  }

  async mandateRevoked({ mandate }: MandateEnd): Promise<void> {
    this.#ended.add(mandate);
  }

  /** Mandates that are over. */
  ended(): string[] {
    return [...this.#ended];
  }

  /** By business key. */
  facts(): ReadonlyMap<string, readonly ShadowFact[]> {
    return this.#facts;
  }

  /** What is final, in the order of the chain. */
  finalised(): ChainEffect[] {
    const last = [...this.#facts.values()].map((facts) => facts.at(-1) as ShadowFact);
    return last
      .filter(({ type }) => type === 'finalized')
      .map(({ effect }) => effect)
      .toSorted(
        (left, right) => Number(BigInt(left.block.number) - BigInt(right.block.number)) || Number(left.logIndex) - Number(right.logIndex),
      );
  }

  #factsOf(effect: ChainEffect): ShadowFact[] {
    const key = `${effect.chainId} ${businessKeyOf(effect)}`;
    const facts = this.#facts.get(key) ?? [];
    this.#facts.set(key, facts);
    return facts;
  }
}
