import type { Clock } from '../../commands/application/clock.ts';
import type { AnchoringStatusStore, PlaceStatus } from './anchoring-status.ts';

const repeatMs = 30_000;

/** Tells what changed at once, and now and then that nothing did. */
export class StatusTeller {
  readonly #slug: string;
  readonly #statuses: AnchoringStatusStore;
  readonly #clock: Clock;
  #last = '';
  #toldAt = -Infinity;

  constructor(slug: string, statuses: AnchoringStatusStore, clock: Clock) {
    this.#slug = slug;
    this.#statuses = statuses;
    this.#clock = clock;
  }

  /** Never fails: a status that cannot be written is told again the next time. */
  async tell({ place, state, error, alarm }: PlaceStatus): Promise<void> {
    const { message } = error ?? alarm ?? {};
    const text = JSON.stringify([place, state, alarm?.code, message]);
    if (text === this.#last && performance.now() - this.#toldAt < repeatMs) return;
    const told = { log: this.#slug, place, state, alarm: alarm?.code, message, toldAt: new Date(this.#clock.now()) };
    try {
      await this.#statuses.tell(told);
      [this.#last, this.#toldAt] = [text, performance.now()];
    } catch {
      this.#last = '';
    }
  }
}
