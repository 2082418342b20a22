import { type Decimal, decimalText, parseDecimal } from '../../money/decimal.ts';
import { type Currency, scalesOf } from '../../money/currency.ts';
import type { Money } from '../../money/money.ts';
import { divide } from '../../money/rounding.ts';
import type { RateLock } from './slot.events.ts';
import type { KnownToken } from './token-amount.ts';
import { worthOf } from './token-units.ts';

/** What one whole token was worth at a time, without a spread. */
export type ReferenceRate = Omit<RateLock, 'spreadBps'>;

/** The rate that a quote was locked at, for a time of which nothing better is known. */
export function referenceOf({ base, currency, rate, source, at }: RateLock): ReferenceRate {
  return { base, currency, rate, source, at };
}

/** As many as a rate may have. */
const crossScale = 12;

/**
 * What the currency of one rate is worth in that of another, by what both say of the same token; as old as the older of them. Undefined
 * where it is too small to be written.
 */
export function crossRate(token: ReferenceRate, other: ReferenceRate): ReferenceRate | undefined {
  const [price, divisor] = [decimalOf(token), decimalOf(other)];
  if (divisor.digits === 0n) return undefined;
  const dividend = price.digits * 10n ** BigInt(divisor.scale + crossScale);
  const digits = divide(dividend, divisor.digits * 10n ** BigInt(price.scale), 'half-even');
  const rate = decimalText({ digits, scale: crossScale });
  if (digits === 0n || parseDecimal(rate) === undefined) return undefined;
  const source = `${token.source}/${other.source}:${token.base}`;
  return { base: other.currency, currency: token.currency, rate, source, at: token.at < other.at ? token.at : other.at };
}

/** What units of a token are worth, to the ledger's last digit. */
export function valueAt(rate: ReferenceRate, units: string, { decimals }: Pick<KnownToken, 'decimals'>): Money {
  return worthOf(BigInt(units), decimalOf(rate), { decimals, currency: rate.currency as Currency, rounding: 'half-even' });
}

/** The same of an amount in the token's currency. */
export function worthAt(rate: ReferenceRate, { amount, currency }: Money): Money {
  return valueAt(rate, amount.toString(), { decimals: scalesOf(currency).ledgerScale });
}

function decimalOf({ rate }: ReferenceRate): Decimal {
  const price = parseDecimal(rate);
  if (price === undefined) throw new RangeError(`${rate} is not a rate.`);
  return price;
}
