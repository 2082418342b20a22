import type { Cosignature } from '../domain/cosignature.ts';
import type { PublishedHead } from '../domain/tree-head.ts';

/** A head for a witness, with a proof that it extends the one of `oldSize` leaves. */
export interface WitnessRequest {
  readonly oldSize: bigint;
  /** Empty for an old size of 0. */
  readonly proof: readonly Buffer[];
  readonly head: PublishedHead;
}

/**
 * - `cosigned`: it keeps the head from now on.
 * - `knows`: the old size is another. It cosigned so many leaves last.
 * - `contradicts`: it cosigned a tree that this one does not extend.
 */
export type WitnessAnswer =
  | { readonly answer: 'cosigned'; readonly cosignature: Cosignature }
  | { readonly answer: 'knows'; readonly size: bigint }
  | { readonly answer: 'contradicts'; readonly message: string };

/** Somebody else who keeps the last head of a log and cosigns only what extends it. */
export interface Witness {
  /** Names it in messages: the name of its key. */
  readonly name: string;
  readonly vkey: string;
  /** Safe to repeat. Throws `WitnessFault` when there is no answer that counts. */
  submit(request: WitnessRequest, signal: AbortSignal): Promise<WitnessAnswer>;
}

/**
 * No answer that counts. `refused`: it does not know the log or its key, or speaks another protocol: somebody has to set it up. `away`: it
 * was not reached, is too slow, or failed.
 */
export class WitnessFault extends Error {
  override readonly name = 'WitnessFault';
  readonly retryable = true;
  readonly reason: 'away' | 'refused';

  constructor(reason: 'away' | 'refused', message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}
