import { type Decimal, parseDecimal } from '../../money/decimal.ts';
import type { RateSet } from './settlement-provider.events.ts';
import type { RateLock } from './slot.events.ts';

/** How long a rate may be used after it was true. */
export interface RateValidity {
  readonly ageSecondsMax: bigint;
}

export type RateRejection =
  | { readonly code: 'rate_stale'; readonly at: string; readonly ageSecondsMax: string }
  | { readonly code: 'rate_ahead'; readonly at: string };

/** A clock of a source may be a little ahead of ours. */
const aheadSecondsMax = 60n;

/** Why a rate cannot be locked now: it is old, or from a time that has not come. */
export function checkRate({ at }: Pick<RateLock, 'at'>, { ageSecondsMax }: RateValidity, now: string): RateRejection | undefined {
  const age = BigInt(Date.parse(now)) - BigInt(Date.parse(at));
  if (age > ageSecondsMax * 1000n) return { code: 'rate_stale', at, ageSecondsMax: ageSecondsMax.toString() };
  return age < -aheadSecondsMax * 1000n ? { code: 'rate_ahead', at } : undefined;
}

/**
 * Whether a rate is older than one by which something was paid at a time can be: it may be locked until it has its age, and then the quote is
 * good for a while. What comes later was quoted by a newer one, which is missing.
 */
export function isTooOld(
  { at, ageSecondsMax, quoteSeconds }: Pick<RateSet, 'at' | 'ageSecondsMax' | 'quoteSeconds'>,
  time: string,
): boolean {
  return Date.parse(time) - Date.parse(at) > (Number(ageSecondsMax) + Number(quoteSeconds)) * 1000;
}

/** One whole token at what the payer gets for it: the rate less the spread. */
export function lockedRate({ rate, spreadBps }: Pick<RateLock, 'rate' | 'spreadBps'>): Decimal {
  const market = parseDecimal(rate);
  if (market === undefined || market.digits === 0n) throw new RangeError(`${rate} is not a rate.`);
  const kept = 10_000n - BigInt(spreadBps);
  if (kept <= 0n || kept > 10_000n) throw new RangeError(`${spreadBps} is not a spread.`);
  return { digits: market.digits * kept, scale: market.scale + 4 };
}
