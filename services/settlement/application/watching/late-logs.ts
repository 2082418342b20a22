import { type CorrectedStrays, correctedStrays, isStray } from '../../domain/late-logs.ts';
import { placeKeyOf, type WatchedLog, type WatcherStore } from './watcher-store.ts';

/** Why a stray is taken back that the ledger has as final. */
export const foundLate = 'A log of the contracts that was found late accounts for it.';

/** A bound that no block reaches. */
const newest = 2n ** 63n - 1n;

/** Logs that nodes had left out when their blocks were read. */
export class LateLogs {
  readonly #chainId: string;
  readonly #store: WatcherStore;

  constructor(chainId: string, store: WatcherStore) {
    this.#chainId = chainId;
    this.#store = store;
  }

  /**
   * Keeps those that are not known, and takes back what they account for of strays that were told: one transaction. Safe to repeat. Answers how
   * many were new.
   */
  async add(logs: readonly WatchedLog[]): Promise<number> {
    const late = await this.#store.unknown(this.#chainId, logs);
    if (late.length === 0) return 0;
    const { withdrawn, left } = await this.corrections(late);
    const gone = new Set(withdrawn.map(placeKeyOf));
    const rows = await this.#store.withdrawable(this.#chainId, [], withdrawn);
    const lost = rows.filter(({ log }) => gone.has(placeKeyOf(log))).map(({ id }) => ({ id, reason: foundLate }));
    const found = [...late, ...left];
    await this.#store.adopt({ chainId: this.#chainId, from: [], to: [], lost, undone: [], found, heard: [], unfounded: [], forgotten: [] });
    return late.length;
  }

  /** Of everything that stands, but for what is gone with its block. */
  async corrections(late: readonly WatchedLog[], gone: ReadonlySet<string> = new Set()): Promise<CorrectedStrays> {
    const strays = await this.#store.named(this.#chainId, ['Transfer', 'NativeMoved'], newest);
    return correctedStrays(
      late.filter(isEffect),
      strays
        .filter(isEffect)
        .filter(isStray)
        .filter((stray) => !gone.has(placeKeyOf(stray))),
    );
  }
}

function isEffect<Log extends WatchedLog>(log: Log): log is Log & { readonly providerId: string } {
  return log.providerId !== undefined;
}
