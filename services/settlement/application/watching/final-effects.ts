import { knownEventOf } from '../../../commands/application/live-aggregate.ts';
import type { EventStore } from '../../../event-store/domain/event-store.ts';
import { StreamNotFoundFault } from '../../../event-store/domain/faults.ts';
import { type ChainEffect, settlementId } from '../../domain/chain-effect.ts';
import { placeOf } from '../../domain/settlement.events.ts';
import { type Settlement, settlement, standingOf } from '../../domain/settlement.ts';
import type { ProviderDirectory } from '../provider-directory.ts';
import { settlementStream } from '../settlement-streams.ts';
import type { EffectKey } from './watcher-store.ts';

/** What the ledger has as final, for whoever changes what is kept of a chain: a watcher may have ended between telling it and noting that. */
export interface FinalEffects {
  /** Whether it is a provider of ours: the ledger takes nothing of any other. */
  isOurs(providerId: string): boolean;
  /** Whether it is there for good in the ledger, in whatever block. */
  has(effect: EffectKey): Promise<boolean>;
  /** As the ledger saw it; undefined where it is not there for good. */
  seen(effect: EffectKey): Promise<ChainEffect | undefined>;
}

/** From the streams of the effects. */
export class StreamFinalEffects implements FinalEffects {
  readonly #store: EventStore;
  readonly #providers: Pick<ProviderDirectory, 'slugOf'>;

  constructor(store: EventStore, providers: Pick<ProviderDirectory, 'slugOf'>) {
    this.#store = store;
    this.#providers = providers;
  }

  isOurs(providerId: string): boolean {
    return this.#providers.slugOf(providerId) !== undefined;
  }

  async has(effect: EffectKey): Promise<boolean> {
    return standingOf(await this.#stateOf(effect)) === 'finalized';
  }

  async seen(effect: EffectKey): Promise<ChainEffect | undefined> {
    const state = await this.#stateOf(effect);
    if (state.status === 'none' || standingOf(state) !== 'finalized') return undefined;
    const { providerId, log } = state.seen;
    return { ...placeOf(state.seen), providerId, log } as ChainEffect;
  }

  async #stateOf(effect: EffectKey): Promise<Settlement> {
    const slug = this.#providers.slugOf(effect.providerId);
    if (slug === undefined) return settlement.initial;
    let state: Settlement = settlement.initial;
    try {
      for await (const stored of this.#store.readStream(settlementStream(slug, settlementId(effect)))) {
        const { event } = knownEventOf(settlement, stored);
        state = settlement.evolve(state, { event, id: stored.id, revision: stored.revision });
      }
    } catch (error) {
      if (!(error instanceof StreamNotFoundFault)) throw error;
    }
    return state;
  }
}
