import { type Currency, scalesOf } from '../../money/currency.ts';
import { type Money, moneyOf } from '../../money/money.ts';

/** A token of a chain with its place in the money table. */
export interface KnownToken {
  /** Lower-case 0x-hex; the zero address for the native coin. */
  readonly address: string;
  readonly currency: Currency;
  readonly decimals: number;
}

/** Units of a token as an amount of the ledger. The ledger never has fewer decimals than a token that it takes. */
export function tokenMoney(units: string, { currency, decimals }: KnownToken): Money {
  const { ledgerScale } = scalesOf(currency);
  if (decimals > ledgerScale) throw new RangeError(`A token with ${decimals} decimals is no ${currency}, which has ${ledgerScale}.`);
  return { amount: BigInt(units) * 10n ** BigInt(ledgerScale - decimals), currency };
}

/** A token that an amount was written down in: what was quoted or paid once says what its units are, whatever is taken by now. */
export function tokenOfAmount({ address, currency, amount, units }: WrittenAmount): KnownToken {
  const { ledgerScale } = scalesOf(currency as Currency);
  let decimals = ledgerScale;
  for (let unit = BigInt(units); unit < moneyOf(amount, currency).amount; unit *= 10n) decimals--;
  return { address, currency: currency as Currency, decimals };
}

export interface WrittenAmount {
  readonly address: string;
  readonly currency: string;
  /** In major units, and the same in those of the token; above zero. */
  readonly amount: string;
  readonly units: string;
}

/** An amount in units of its token; undefined for one that has digits which the token does not. */
export function tokenUnits({ amount }: Money, { currency, decimals }: KnownToken): bigint | undefined {
  const unit = 10n ** BigInt(scalesOf(currency).ledgerScale - decimals);
  return amount % unit === 0n ? amount / unit : undefined;
}
