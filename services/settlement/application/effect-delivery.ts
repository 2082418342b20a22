import { SettlementAlarm } from './settlement-alarms.ts';
import type { SettlementLedger } from './settlement-ledger.ts';
import type { Delivery, WatchCursor, WatcherStore } from './watcher-store.ts';

/** Told in one look: the next ones go on. */
const revocationsMax = 1_000;

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

  /**
   * Losses first: the chain may have come back to what was lost. What the ledger refuses of a provider sets aside everything behind it of this
   * provider, whose order is kept, and of nobody else; the first refusal is answered. Throws what the ledger fails with, and goes on from
   * there the next time.
   */
  async deliver(): Promise<Error | undefined> {
    const refusal = await this.#tellEffects();
    // After what pays: nobody is kept waiting by ends of mandates, which anybody can make.
    await this.#tellRevocations();
    return refusal;
  }

  async #tellRevocations(): Promise<void> {
    const revocations = await this.#store.revocations(this.#chainId, revocationsMax);
    if (revocations.length === 0) return;
    await this.#ledger.mandatesRevoked(revocations.map(({ end }) => end));
    await this.#store.revocationsTold(revocations.map(({ id }) => id));
  }

  async #tellEffects(): Promise<Error | undefined> {
    const cursors = new Map((await this.#store.cursors(this.#chainId)).map((cursor) => [cursor.address, cursor]));
    const refusals = new Map<string, Error>();
    for (const delivery of await this.#store.deliveries(this.#chainId)) {
      const { contract, providerId } = delivery.effect;
      const cursor = cursors.get(contract);
      if (cursor === undefined || refusals.has(providerId)) continue;
      try {
        await this.#tell(delivery, cursor);
      } catch (error) {
        if (!isRefusal(error)) throw error;
        refusals.set(providerId, error);
      }
    }
    return refusals.values().next().value;
  }

  async #tell(delivery: Delivery, { observed, finalized }: WatchCursor): Promise<void> {
    const { id, effect } = delivery;
    if (delivery.kind === 'lost') {
      await this.#ledger.reorged(effect, delivery.reason);
      await this.#store.told(id, 'undone');
      this.#heads.delete(id);
      return;
    }
    const heads = { head: observed.number, finalized: finalized.number };
    const text = `${heads.head} ${heads.finalized}`;
    if (this.#heads.get(id) === text) return;
    const standing = await this.#ledger.take(effect, heads);
    if (standing !== delivery.standing) await this.#store.told(id, standing);
    if (standing === 'observed') this.#heads.set(id, text);
    else this.#heads.delete(id);
  }
}

/** What lies in the effect, or in what the ledger has of its provider, and not in a world that is away. */
function isRefusal(error: unknown): error is SettlementAlarm | RangeError {
  return error instanceof SettlementAlarm || error instanceof RangeError;
}
