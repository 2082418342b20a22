import type { Clock } from '../../../commands/application/clock.ts';
import type { SettlementContracts } from '../settlement-chain.ts';
import type { SettlementLedger } from './settlement-ledger.ts';
import type { WatcherStore } from './watcher-store.ts';

export interface GivenWordsOptions {
  readonly chainId: string;
  readonly contracts: SettlementContracts;
  readonly deploymentBlock: bigint;
  readonly store: WatcherStore;
  readonly ledger: Pick<SettlementLedger, 'providers' | 'lastSlot'>;
  readonly clock: Clock;
  /** Between two questions how far the numbers of a provider have come. */
  readonly everyMs: number;
}

/** Asked of in one look; the next ones go on. */
const providersMax = 100;

/**
 * Has every word compared that a slot was given out in. The numbers of a provider are one sequence for all chains and contracts, so the first
 * payment in a contract may be in any word: if its log is left out, no log touches that.
 */
export class GivenWords {
  readonly #options: GivenWordsOptions;
  readonly #askedAt = new Map<string, number>();

  constructor(options: GivenWordsOptions) {
    this.#options = options;
  }

  /** Answers what it failed with first: nobody is kept waiting by one provider's numbers, and it is asked again at the next look. */
  async note(): Promise<Error | undefined> {
    const { clock, everyMs, ledger } = this.#options;
    const now = Date.parse(clock.now());
    // A clock that was ahead is set back: what was asked in its future is long ago.
    const due = (await ledger.providers()).filter((id) => Math.abs(now - (this.#askedAt.get(id) ?? -Infinity)) >= everyMs);
    const contracts = due.length === 0 ? [] : await this.#contracts();
    if (contracts.length === 0) return undefined;
    const failures: Error[] = [];
    for (const providerId of due.slice(0, providersMax)) {
      try {
        await this.#noteOf(providerId, contracts);
        this.#askedAt.set(providerId, now);
      } catch (error) {
        failures.push(error as Error);
      }
    }
    return failures[0];
  }

  async #noteOf(providerId: string, contracts: readonly string[]): Promise<void> {
    const { chainId, store, ledger } = this.#options;
    const last = await ledger.lastSlot(providerId);
    if (last === 0n) return;
    for (const contract of contracts) await store.watchWordsUpTo(chainId, { contract, providerId, word: last / 256n });
  }

  /** Those with slots; none before they are there, as there would be nothing to ask. */
  async #contracts(): Promise<readonly string[]> {
    const { chainId, deploymentBlock, store } = this.#options;
    const { settlement, escrow } = this.#options.contracts;
    const cursors = new Map((await store.cursors(chainId)).map(({ address, observed }) => [address, observed.number]));
    const withSlots = [settlement, ...(escrow === undefined ? [] : [escrow])];
    return withSlots.every((address) => (cursors.get(address) ?? -1n) >= deploymentBlock) ? withSlots : [];
  }
}
