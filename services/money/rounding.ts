import { scalesOf } from './currency.ts';
import type { Money } from './money.ts';

/** Every division names its rounding; there is no default. Ties are away from zero, to even, or towards zero. */
export type Rounding = 'half-up' | 'half-even' | 'half-down' | 'down' | 'up';

/** Divides exactly and rounds once. The sign of the result is that of the exact quotient; `divisor` must be positive. */
export function divide(dividend: bigint, divisor: bigint, rounding: Rounding): bigint {
  if (divisor <= 0n) throw new RangeError('A divisor must be positive.');
  const negative = dividend < 0n;
  const magnitude = negative ? -dividend : dividend;
  const quotient = magnitude / divisor;
  const rounded = quotient + (roundsAway(magnitude % divisor, divisor, quotient, rounding) ? 1n : 0n);
  return negative ? -rounded : rounded;
}

/** Rounds to a number of decimals, at most the ledger scale; the result is still at the ledger scale. */
export function roundTo({ amount, currency }: Money, decimals: number, rounding: Rounding): Money {
  const { ledgerScale } = scalesOf(currency);
  if (decimals < 0 || decimals > ledgerScale) throw new RangeError(`${currency} has no ${decimals} decimals.`);
  const step = 10n ** BigInt(ledgerScale - decimals);
  return { amount: divide(amount, step, rounding) * step, currency };
}

/** Rounds to what a customer can pay. */
export function roundToPayable(money: Money, rounding: Rounding): Money {
  return roundTo(money, scalesOf(money.currency).payableScale, rounding);
}

function roundsAway(remainder: bigint, divisor: bigint, quotient: bigint, rounding: Rounding): boolean {
  const twice = remainder * 2n;
  switch (rounding) {
    case 'down':
      return false;
    case 'up':
      return remainder > 0n;
    case 'half-up':
      return twice >= divisor;
    case 'half-down':
      return twice > divisor;
    case 'half-even':
      return twice > divisor || (twice === divisor && quotient % 2n === 1n);
  }
}
