import { LRUCache } from 'lru-cache';
import { type FoldedBalance, stateEntryOf } from '../domain/committed-state.ts';
import { StateMap } from '../domain/state-map.ts';
import type { FoldCheckpoint, FoldStore } from './fold-store.ts';

/** The map of balances that a StateCommitted leaf commits to. */
export interface CommittedMap extends FoldCheckpoint {
  readonly map: StateMap;
}

const emptyMap = { map: StateMap.empty, uptoSize: 0n } as const;

/** Keeps the maps of the logs that were asked for last. A map takes about 250 bytes a balance. */
export class StateMaps {
  readonly #store: FoldStore;
  readonly #maps: LRUCache<string, CommittedMap>;

  constructor(store: FoldStore, balancesMax = 4_000_000) {
    this.#store = store;
    this.#maps = new LRUCache({ maxSize: balancesMax, sizeCalculation: ({ map }) => map.size + 1 });
  }

  /**
   * The map of the last commitment; undefined before the first. What is kept of an earlier one is brought up to date with the balances
   * that leaves since then post to, so the cost is that of what changed.
   */
  async committed(log: string): Promise<CommittedMap | undefined> {
    const kept = this.#maps.get(log);
    const checkpoint = await this.#store.checkpoint(log);
    if (checkpoint === undefined) return undefined;
    if (kept?.uptoSize === checkpoint.uptoSize) return { ...kept, ...checkpoint };
    const { map, uptoSize } = kept !== undefined && kept.uptoSize < checkpoint.uptoSize ? kept : emptyMap;
    const since = await this.#store.balancesSince(log, uptoSize);
    if (since.checkpoint === undefined) return undefined;
    return this.#keep(log, { ...since.checkpoint, map: map.with(since.balances.map(stateEntryOf)) });
  }

  /** The map that follows from the last commitment when these balances change. Not kept: it is committed to by nothing yet. */
  async next(log: string, touched: readonly FoldedBalance[]): Promise<StateMap> {
    const { map } = (await this.committed(log)) ?? emptyMap;
    return map.with(touched.map(stateEntryOf));
  }

  /** To be called when a commitment to a map from `next` is durable. */
  committedTo(log: string, committed: CommittedMap): void {
    this.#keep(log, committed);
  }

  #keep(log: string, committed: CommittedMap): CommittedMap {
    this.#maps.set(log, committed);
    return committed;
  }
}
