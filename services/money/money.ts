import { type Currency, isCurrency, scalesOf } from './currency.ts';

/** An amount at the currency's ledger scale: `{ amount: 10_000_000n, currency: 'EUR' }` is 10 euro. */
export interface Money {
  readonly amount: bigint;
  readonly currency: Currency;
}

/** Why a text is no amount. The code is part of the public error catalogue. */
export type AmountError = 'amount_malformed' | 'amount_too_precise' | 'amount_too_large' | 'currency_unknown';

/** Ten to the fifteenth major units: far above any bill, and with 18 decimals still far below what Postgres `numeric` holds. */
const wholeDigitsMax = 15;
const plainDecimal = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?$/;

export function zero(currency: Currency): Money {
  return { amount: 0n, currency };
}

/** Adds two amounts of one currency. Mixing currencies is a defect. */
export function add(left: Money, right: Money): Money {
  assertSameCurrency(left, right);
  return { amount: left.amount + right.amount, currency: left.currency };
}

export function subtract(left: Money, right: Money): Money {
  assertSameCurrency(left, right);
  return { amount: left.amount - right.amount, currency: left.currency };
}

/**
 * Reads a decimal in major units (`"10"`, `"0.0045"`). Lenient about trailing zeros, strict about everything else: no exponent,
 * no leading zero, no plus sign, no more decimals than the ledger scale, at most 15 whole digits.
 */
export function parseMoney(text: string, currency: string): Money | AmountError {
  if (!isCurrency(currency)) return 'currency_unknown';
  if (!plainDecimal.test(text)) return 'amount_malformed';
  const { ledgerScale } = scalesOf(currency);
  const sign = text.startsWith('-') ? 1 : 0;
  const point = text.indexOf('.');
  const whole = text.slice(sign, point < 0 ? text.length : point);
  const fraction = point < 0 ? '' : text.slice(point + 1);
  if (fraction.length > ledgerScale && /[1-9]/.test(fraction.slice(ledgerScale))) return 'amount_too_precise';
  if (whole.length > wholeDigitsMax) return 'amount_too_large';
  const magnitude = BigInt(whole + fraction.slice(0, ledgerScale).padEnd(ledgerScale, '0'));
  return { amount: sign === 1 ? -magnitude : magnitude, currency };
}

/** True for an amount that `parseMoney` would take: what a calculation gave may be larger than anything that can be read back. */
export function isWithinBounds({ amount, currency }: Money): boolean {
  const end = 10n ** BigInt(wholeDigitsMax + scalesOf(currency).ledgerScale);
  return -end < amount && amount < end;
}

/** The most that can be paid at once, and so the most that anybody may owe: rounding what is owed must not make it an unreadable amount. */
export function largestPayable(currency: Currency): Money {
  const { ledgerScale, payableScale } = scalesOf(currency);
  return { amount: 10n ** BigInt(wholeDigitsMax + ledgerScale) - 10n ** BigInt(ledgerScale - payableScale), currency };
}

/** Reads an amount that was already validated, for example from an event. Anything else is a defect. */
export function moneyOf(text: string, currency: string): Money {
  const money = parseMoney(text, currency);
  if (typeof money === 'string') throw new RangeError(`${text} ${currency}: ${money}`);
  return money;
}

/**
 * The canonical text (DESIGN 4.3): plain notation, at least the payable scale's decimals, no trailing zeros beyond them. `10 EUR` is
 * `"10.00"`, `0.0045 EUR` is `"0.0045"`, `3 JPY` is `"3"`.
 */
export function amountText({ amount, currency }: Money): string {
  const { ledgerScale, payableScale } = scalesOf(currency);
  const negative = amount < 0n;
  const digits = (negative ? -amount : amount).toString().padStart(ledgerScale + 1, '0');
  const whole = digits.slice(0, digits.length - ledgerScale);
  let end = digits.length;
  const endMin = digits.length - ledgerScale + payableScale;
  while (end > endMin && digits[end - 1] === '0') end--;
  const fraction = digits.slice(digits.length - ledgerScale, end);
  return (negative ? '-' : '') + whole + (fraction === '' ? '' : `.${fraction}`);
}

/** True when the customer can pay exactly this amount: no digits below the payable unit. */
export function isPayable({ amount, currency }: Money): boolean {
  const { ledgerScale, payableScale } = scalesOf(currency);
  return amount % 10n ** BigInt(ledgerScale - payableScale) === 0n;
}

function assertSameCurrency(left: Money, right: Money): void {
  if (left.currency !== right.currency) throw new RangeError(`${left.currency} and ${right.currency} cannot be added.`);
}
