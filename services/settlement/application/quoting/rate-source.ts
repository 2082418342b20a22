import type { RateLock } from '../../domain/slot.events.ts';

/** A rate with what the provider asks for locking it. */
export interface OfferedRate extends RateLock {
  /** How long after `at` it may be used. */
  readonly ageSecondsMax: bigint;
  /** How long a quote by it is good. */
  readonly quoteSeconds: bigint;
}

/** What tokens are worth to a provider. */
export interface RateSource {
  /** The newest rate of one whole token in a currency; undefined where nobody said one. Whether it is too old is for the decision to say. */
  rateOf(provider: string, base: string, currency: string): Promise<OfferedRate | undefined>;
}

export const RATE_SOURCE = Symbol('RateSource');
