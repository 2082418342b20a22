import { LRUCache } from 'lru-cache';
import { type FoldedBalance, stateEntryOf } from '../domain/committed-state.ts';
import { StateMap } from '../domain/state-map.ts';
import type { FoldCheckpoint, FoldStore } from './fold-store.ts';

/** The map of balances that a StateCommitted leaf commits to. */
export interface CommittedMap extends FoldCheckpoint {
  readonly map: StateMap;
}

interface EarlierMap extends CommittedMap {
  /** When it was followed by another one, by the process clock. */
  readonly keptAt: number;
}

/** With a round a minute, an hour: longer than any chain takes until a block is final. Of large maps fewer: one at least that is final, one that will be. */
const [earlierMax, earlierMin] = [60, 2];
/** By then every chain has made it final, or never will. */
const settledMs = 7_200_000;

const emptyMap = { map: StateMap.empty, uptoSize: 0n } as const;

/** Keeps the maps of the logs that were asked for last. A map takes about 250 bytes a balance. */
export class StateMaps {
  readonly #store: FoldStore;
  readonly #maps: LRUCache<string, CommittedMap>;
  /** Newest first. They share with the newest what has not changed since. */
  readonly #earlier: LRUCache<string, readonly EarlierMap[]>;
  readonly #earlierBalancesMax: number;

  constructor(store: FoldStore, balancesMax = 4_000_000) {
    this.#store = store;
    this.#maps = new LRUCache({ maxSize: balancesMax, sizeCalculation: ({ map }) => map.size + 1 });
    this.#earlier = new LRUCache({ max: 1_000 });
    this.#earlierBalancesMax = balancesMax / 2;
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
    const { map } = (await this.committed(log)) ?? (await this.#carriedOver(log));
    return map.with(touched.map(stateEntryOf));
  }

  /** To be called when a commitment to a map from `next` is durable. */
  committedTo(log: string, committed: CommittedMap): void {
    this.#keep(log, committed);
  }

  /**
   * Maps of commitments before the last one, newest first, as far as this process has seen them: what a chain has made final is
   * often no longer the newest.
   */
  earlier(log: string): readonly EarlierMap[] {
    return this.#maps.has(log) ? (this.#earlier.get(log) ?? []) : [];
  }

  /** No commitment before this one is asked for any more. */
  forgetBefore(log: string, { uptoSize }: CommittedMap): void {
    this.#earlier.set(
      log,
      this.earlier(log).filter((earlier) => earlier.uptoSize >= uptoSize),
    );
  }

  /** What the log began with, where it goes on with another one. */
  async #carriedOver(log: string): Promise<Pick<CommittedMap, 'map'>> {
    const { balances } = await this.#store.balancesSince(log, 0n);
    return { map: StateMap.empty.with(balances.map(stateEntryOf)) };
  }

  #keep(log: string, committed: CommittedMap): CommittedMap {
    this.#keepEarlier(log, committed);
    this.#maps.set(log, committed);
    return committed;
  }

  /** What was the newest until now. Where there is no room it is left out: one of those that are kept becomes final before. */
  #keepEarlier(log: string, { map, uptoSize }: CommittedMap): void {
    const before = this.#maps.get(log);
    if (before?.uptoSize === uptoSize) return;
    const now = performance.now();
    // After a restore smaller ones come again.
    const smaller = this.earlier(log).filter((earlier) => earlier.uptoSize < uptoSize);
    const settled = smaller.findIndex(({ keptAt }) => now - keptAt > settledMs);
    const kept = settled < 0 ? smaller : smaller.slice(0, settled + 1);
    const room = Math.max(earlierMin, Math.min(earlierMax, Math.floor(this.#earlierBalancesMax / (map.size + 1))));
    const isKept = before !== undefined && before.uptoSize < uptoSize && kept.length < room;
    this.#earlier.set(log, isKept ? [{ ...before, keptAt: now }, ...kept] : kept);
  }
}
