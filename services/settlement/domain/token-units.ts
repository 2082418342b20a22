import { scalesOf } from '../../money/currency.ts';
import { type Decimal } from '../../money/decimal.ts';
import { type Money } from '../../money/money.ts';
import { divide, type Rounding } from '../../money/rounding.ts';

/** A token has at least one decimal and at most what the ledger can write; the registry refuses it otherwise, too. */
export const tokenDecimalsMax = 18;

/** The least units of a token that are worth the amount at the price of one whole token: rounded up once, for the payer to bear. */
export function unitsWorth(fiat: Money, price: Decimal, decimals: number): bigint {
  assertDecimals(decimals);
  const { ledgerScale } = scalesOf(fiat.currency);
  // fiat / 10^ledgerScale / (digits / 10^scale) * 10^decimals, with the one division last.
  return divide(fiat.amount * 10n ** BigInt(price.scale + decimals), price.digits * 10n ** BigInt(ledgerScale), 'up');
}

/** What units of a token are worth at a price, at the ledger scale of the currency. */
export function worthOf(
  units: bigint,
  price: Decimal,
  { decimals, currency, rounding }: { readonly decimals: number; readonly currency: Money['currency']; readonly rounding: Rounding },
): Money {
  assertDecimals(decimals);
  const { ledgerScale } = scalesOf(currency);
  const dividend = units * price.digits * 10n ** BigInt(ledgerScale);
  return { amount: divide(dividend, 10n ** BigInt(price.scale + decimals), rounding), currency };
}

/** The amount in payable units of its currency: `fiatMinor` of a quote. An amount that nobody can pay is a defect here. */
export function minorOf({ amount, currency }: Money): bigint {
  const { ledgerScale, payableScale } = scalesOf(currency);
  const unit = 10n ** BigInt(ledgerScale - payableScale);
  if (amount % unit !== 0n) throw new RangeError(`${amount} ${currency} has digits that nobody can pay.`);
  return amount / unit;
}

function assertDecimals(decimals: number): void {
  if (!Number.isInteger(decimals) || decimals < 1 || decimals > tokenDecimalsMax)
    throw new RangeError(`A token has no ${decimals} decimals.`);
}
