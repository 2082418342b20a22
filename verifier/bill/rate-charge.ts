import { amountText } from '../fold/amount.ts';
import { isObject } from '../log/canonical-json.ts';
import type { Scales } from '../log/policy.ts';
import { type Decimal, decimalOf } from '../terms/decimal.ts';
import type { Fin } from './bill-leaf.ts';

/** What a quantity in a band comes to by a price version. */
export interface RatedAmount {
  readonly amount: string;
  readonly currency: string;
  readonly product: string;
}

/**
 * Quantity times rate, exactly, rounded once as the price version says (docs/reference/log-format.md). Undefined where the version has no such
 * band, or cannot be read. Written for this verifier alone: it shares nothing with the code that made the charge.
 */
export function rateCharge(
  price: Fin,
  { band, quantity }: { readonly band: unknown; readonly quantity: unknown },
  scalesOf: (currency: string) => Scales | undefined,
): RatedAmount | undefined {
  const bands = Array.isArray(price['bands']) ? (price['bands'] as readonly unknown[]) : [];
  const priced = bands.find((each) => isObject(each) && each['band'] === band);
  const [rate, count] = [decimalOf(isObject(priced) ? priced['rate'] : undefined), decimalOf(quantity)];
  const { currency, decimals, rounding } = price;
  const scales = typeof currency === 'string' ? scalesOf(currency) : undefined;
  if (!isObject(priced) || rate === undefined || count === undefined || scales === undefined) return undefined;
  if (typeof decimals !== 'string' || !/^[0-9]{1,2}$/.test(decimals) || Number(decimals) > scales.ledgerScale) return undefined;
  const exact = { digits: rate.digits * count.digits, scale: rate.scale + count.scale };
  const rounded = roundedTo(exact, Number(decimals), rounding);
  if (rounded === undefined || typeof priced['product'] !== 'string') return undefined;
  const units = rounded * 10n ** BigInt(scales.ledgerScale - Number(decimals));
  return { amount: amountText(units, scales), currency: currency as string, product: priced['product'] };
}

/** In units of `decimals`; nothing here is below zero. Undefined for a rounding without a meaning. */
function roundedTo({ digits, scale }: Decimal, decimals: number, rounding: unknown): bigint | undefined {
  if (scale <= decimals) return digits * 10n ** BigInt(decimals - scale);
  const unit = 10n ** BigInt(scale - decimals);
  const [down, rest] = [digits / unit, (digits % unit) * 2n];
  switch (rounding) {
    case 'down':
      return down;
    case 'up':
      return rest > 0n ? down + 1n : down;
    case 'half-up':
      return rest >= unit ? down + 1n : down;
    case 'half-down':
      return rest > unit ? down + 1n : down;
    case 'half-even':
      return rest > unit || (rest === unit && down % 2n === 1n) ? down + 1n : down;
    default:
      return undefined;
  }
}
