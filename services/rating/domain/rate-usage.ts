import { scalesOf } from '../../money/currency.ts';
import { decimalText, multiply, parseDecimal, toScale } from '../../money/decimal.ts';
import { isWithinBounds, type Money } from '../../money/money.ts';
import type { PriceVersion } from '../../catalog/domain/price-book.ts';
import type { RatingTrace } from '../../accounts/domain/account.events.ts';

export interface Usage {
  readonly band: string;
  /** Decimal text, for example minutes. */
  readonly quantity: string;
}

/** A charge that explains itself: amount, product and everything needed to compute it again. */
export interface RatedCharge {
  readonly amount: Money;
  readonly product: string;
  readonly trace: RatingTrace;
}

export type RatingRejection =
  { readonly code: 'band_unknown'; readonly band: string } | { readonly code: 'charge_too_large'; readonly exact: string };

/**
 * Quantity times rate, exactly, then one rounding to the price version's decimals by its named mode. A band without a rate is
 * refused: nothing is ever rated at zero for want of a price. Usage of zero units is a charge of zero all the same, so that every
 * accepted record has its event. A product that is no amount of the ledger is refused too: it could not be read back.
 */
export function rateUsage(price: PriceVersion, usage: Usage): RatedCharge | RatingRejection {
  const band = price.bands.get(usage.band);
  if (band === undefined) return { code: 'band_unknown', band: usage.band };
  const quantity = parseDecimal(usage.quantity);
  if (quantity === undefined) throw new RangeError(`${usage.quantity} is not a quantity.`);
  const exact = multiply(quantity, band.rate);
  const rounded = toScale(exact, price.decimals, price.rounding);
  const { ledgerScale } = scalesOf(price.currency);
  const amount = { amount: toScale(rounded, ledgerScale, price.rounding).digits, currency: price.currency };
  if (!isWithinBounds(amount)) return { code: 'charge_too_large', exact: decimalText(exact) };
  const trace: RatingTrace = {
    priceBook: { stream: price.stream, revision: price.revision.toString() },
    band: usage.band,
    quantity: decimalText(quantity),
    unit: band.unit,
    rate: decimalText(band.rate),
    exact: decimalText(exact),
    rounding: price.rounding,
    decimals: price.decimals.toString(),
  };
  return { amount, product: band.product, trace };
}
