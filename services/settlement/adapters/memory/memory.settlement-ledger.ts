import type { FinalEffects } from '../../application/watching/final-effects.ts';
import type { ChainHeads, EffectStanding, MandateEnd, SettlementLedger } from '../../application/watching/settlement-ledger.ts';
import { businessKeyOf, type EffectKey } from '../../application/watching/watcher-store.ts';
import { type ChainEffect, observationKey } from '../../domain/chain-effect.ts';
import { isOnlyRecorded } from '../../domain/settlement.decider.ts';

/** What was written for one business key, in order. */
export interface ShadowFact {
  readonly type: 'observed' | 'confirmed' | 'finalized' | 'reorged' | 'reversed';
  readonly effect: ChainEffect;
}

export interface MemoryLedgerOptions {
  readonly confirmBlocks?: bigint;
  readonly ours?: ReadonlySet<string>;
  readonly lastSlots?: ReadonlyMap<string, bigint>;
}

/** The shadow of a ledger: takes in what a watcher tells and writes it nowhere, so that it can be compared. */
export class MemorySettlementLedger implements SettlementLedger, FinalEffects {
  readonly #facts = new Map<string, ShadowFact[]>();
  readonly #ended = new Set<string>();
  readonly #confirmBlocks: bigint | undefined;

  readonly #ours: ReadonlySet<string> | undefined;
  readonly #lastSlots: ReadonlyMap<string, bigint>;

  /**
   * `confirmBlocks`: how deep an effect is confirmed; not before it is final when absent. `ours`: providers whose effects are not ignored; all when
   * absent. `lastSlots`: the last number of a slot that each provider has given out.
   */
  constructor({ confirmBlocks, ours, lastSlots = new Map() }: MemoryLedgerOptions = {}) {
    this.#confirmBlocks = confirmBlocks;
    this.#ours = ours;
    this.#lastSlots = lastSlots;
  }

  async providers(): Promise<readonly string[]> {
    return this.#ours === undefined ? [] : [...this.#ours];
  }

  async lastSlot(providerId: string): Promise<bigint> {
    return this.#lastSlots.get(providerId) ?? 0n;
  }

  async take(effect: ChainEffect, { head, finalized }: ChainHeads): Promise<EffectStanding> {
    if (this.#ours?.has(effect.providerId) === false) return 'ignored';
    const facts = this.#factsOf(effect);
    const last = facts.at(-1);
    const isLive = last !== undefined && last.type !== 'reorged' && last.type !== 'reversed';
    if (isLive && observationKey(last.effect) !== observationKey(effect))
      throw new Error(`A second log says ${businessKeyOf(effect)}, in transaction ${effect.tx}.`);
    if (!isLive) facts.push({ type: 'observed', effect });
    const number = BigInt(effect.block.number);
    const isDeep = this.#confirmBlocks !== undefined && head - number + 1n >= this.#confirmBlocks;
    if (isDeep && number > finalized && facts.at(-1)?.type === 'observed') facts.push({ type: 'confirmed', effect });
    if (number <= finalized && facts.at(-1)?.type !== 'finalized') facts.push({ type: 'finalized', effect });
    return (facts.at(-1) as ShadowFact).type as EffectStanding;
  }

  async seen(effect: EffectKey): Promise<ChainEffect | undefined> {
    return (await this.has(effect)) ? this.#factsOf(effect).at(-1)?.effect : undefined;
  }

  async reorged(effect: ChainEffect, reason?: string): Promise<void> {
    const facts = this.#factsOf(effect);
    const last = facts.at(-1);
    if (last === undefined || last.type === 'reorged' || last.type === 'reversed') return;
    const isFinal = last.type === 'finalized';
    if (observationKey(last.effect) !== observationKey(effect) && !(isFinal && reason !== undefined)) return;
    if (isFinal && reason === undefined && !isOnlyRecorded(effect)) throw new RangeError(`${businessKeyOf(effect)} is final.`);
    facts.push({ type: isFinal ? 'reversed' : 'reorged', effect });
  }

  async mandatesRevoked(ends: readonly MandateEnd[]): Promise<void> {
    for (const { mandate } of ends) this.#ended.add(mandate);
  }

  isOurs(providerId: string): boolean {
    return this.#ours?.has(providerId) ?? true;
  }

  async has(effect: EffectKey): Promise<boolean> {
    return this.#factsOf(effect).at(-1)?.type === 'finalized';
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

  #factsOf(effect: EffectKey): ShadowFact[] {
    const key = `${effect.chainId} ${businessKeyOf(effect)}`;
    const facts = this.#facts.get(key) ?? [];
    this.#facts.set(key, facts);
    return facts;
  }
}
