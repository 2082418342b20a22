import type { ChainWatcher } from './chain-watcher.ts';
import type { WatcherStatus } from './watcher-status.ts';

/** Follows every chain that providers are paid on. Each goes its own way: what stops one stops no other. */
export class Watcher {
  readonly #chains: readonly ChainWatcher[];
  #isStarted = false;

  constructor(chains: readonly ChainWatcher[]) {
    this.#chains = chains;
  }

  start(): void {
    this.#isStarted = true;
    for (const chain of this.#chains) chain.start();
  }

  /** Resolves when nothing is written any more. */
  async stop(): Promise<void> {
    await Promise.all(this.#chains.map((chain) => chain.stop()));
  }

  /** Of all that are configured, whether this process watches them or not. */
  chainIds(): string[] {
    return this.#chains.map(({ status }) => status.chainId);
  }

  /** Of this process; none where it does not watch. */
  statuses(): WatcherStatus[] {
    return this.#isStarted ? this.#chains.map(({ status }) => status) : [];
  }
}
