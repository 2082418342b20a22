import type { SettlementLedger } from './settlement-ledger.ts';
import type { WatcherStore } from './watcher-store.ts';

/**
 * Tells the ledger what was seen and what was lost, until it is done with it. What was told before a crash is told again, which changes
 * nothing there.
 */
export class EffectDelivery {
  readonly #chainId: string;
  readonly #store: WatcherStore;
  readonly #ledger: SettlementLedger;
  /** Heads that each observation was told with; an observation is told again only with later ones. */
  readonly #heads = new Map<bigint, string>();

  constructor(chainId: string, store: WatcherStore, ledger: SettlementLedger) {
    this.#chainId = chainId;
    this.#store = store;
    this.#ledger = ledger;
  }

  /** Losses first: the chain may have come back to what was lost. Throws what the ledger throws, and goes on from there the next time. */
  async deliver(): Promise<void> {
    // Nothing that follows may be collected by them.
    for (const { id, end } of await this.#store.revocations(this.#chainId)) {
      await this.#ledger.mandateRevoked(end);
      await this.#store.told(id, 'finalized');
    }
    const cursors = new Map((await this.#store.cursors(this.#chainId)).map((cursor) => [cursor.address, cursor]));
    for (const delivery of await this.#store.deliveries(this.#chainId)) {
      const { id, effect } = delivery;
      const cursor = cursors.get(effect.contract);
      if (cursor === undefined) continue;
      if (delivery.kind === 'lost') {
        await this.#ledger.reorged(effect);
        await this.#store.told(id, 'undone');
        this.#heads.delete(id);
        continue;
      }
      const [head, finalized] = [cursor.observed.number, cursor.finalized.number];
      if (this.#heads.get(id) === `${head} ${finalized}`) continue;
      const standing = await this.#ledger.take(effect, { head, finalized });
      if (standing !== delivery.standing) await this.#store.told(id, standing);
      if (standing === 'observed') this.#heads.set(id, `${head} ${finalized}`);
      else this.#heads.delete(id);
    }
  }
}
