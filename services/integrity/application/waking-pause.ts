import { setTimeout as sleep } from 'node:timers/promises';

/** Waits between two looks, and no longer than until somebody wakes it. */
export class WakingPause {
  readonly #signal: AbortSignal;
  #wake = Promise.withResolvers<void>();

  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  /** Ends the pause, or keeps the next one from beginning. */
  wake(): void {
    this.#wake.resolve();
  }

  async take(milliseconds: number): Promise<void> {
    const wakeUp = new AbortController();
    const timer = sleep(milliseconds, undefined, { signal: AbortSignal.any([this.#signal, wakeUp.signal]) }).catch(() => undefined);
    await Promise.race([timer, this.#wake.promise]);
    wakeUp.abort();
    this.#wake = Promise.withResolvers();
  }
}
