import type { Clock } from '../../../commands/application/clock.ts';
import type { WatcherStatusStore } from './watcher-status.ts';

/** A watcher says every half minute that nothing changed; one that was silent for so long does not run. */
const silentMsMax = 120_000;
/** Followers of checkouts look each second, and this is the same for all of them. */
const rememberedMs = 2_000;

/** Whether what is paid on a chain takes longer to be counted than the chain itself takes: nodes or the watcher are away, disagree, or are halted. */
export class ChainDelays {
  readonly #statuses: Pick<WatcherStatusStore, 'told'>;
  readonly #clock: Clock;
  #delayed: Promise<ReadonlySet<string>> = Promise.resolve(new Set());
  #askedAt = -Infinity;

  constructor(statuses: Pick<WatcherStatusStore, 'told'>, clock: Clock) {
    this.#statuses = statuses;
    this.#clock = clock;
  }

  /** False for a chain that nobody has begun to watch. Throws where the database is away. */
  async isDelayed(chainId: string): Promise<boolean> {
    const now = Date.parse(this.#clock.now());
    if (now - this.#askedAt >= rememberedMs) {
      this.#askedAt = now;
      this.#delayed = this.#ask(now);
      this.#delayed.catch(() => (this.#askedAt = -Infinity));
    }
    return (await this.#delayed).has(chainId);
  }

  async #ask(now: number): Promise<ReadonlySet<string>> {
    const told = await this.#statuses.told();
    const delayed = told.filter(
      ({ state, isDelayed, toldAt }) => isDelayed || !['following', 'standby'].includes(state) || now - toldAt.getTime() > silentMsMax,
    );
    return new Set(delayed.map(({ chainId }) => chainId));
  }
}
