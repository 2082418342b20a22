import type { Scales } from '../log/policy.ts';

const zero = 48;
const nine = 57;
const wholeDigitsMax = 15;
/** So many digits are exact in a double; they are read without a bigint for each digit. */
const exactDigits = 15;
const powersOfTen = Array.from({ length: 40 }, (_, exponent) => 10n ** BigInt(exponent));

/**
 * Reads an unsigned amount in major units at the currency's ledger scale. Only its canonical text is one, since another text of the same
 * number would let two readers disagree on what was posted: plain notation, no leading zeros, at most 15 digits before the point, at least
 * the payable scale's decimals and no zeros at the end beyond them.
 */
export function parseAmount(text: string, { ledgerScale, payableScale }: Scales): bigint | undefined {
  const at = text.indexOf('.');
  const wholeLength = at < 0 ? text.length : at;
  const decimals = at < 0 ? 0 : text.length - at - 1;
  if (wholeLength === 0 || wholeLength > wholeDigitsMax || (wholeLength > 1 && text.charCodeAt(0) === zero)) return undefined;
  if (decimals < payableScale || decimals > ledgerScale || (at >= 0 && decimals === 0)) return undefined;
  if (decimals > payableScale && text.charCodeAt(text.length - 1) === zero) return undefined;
  for (let place = 0; place < text.length; place++) {
    const code = text.charCodeAt(place);
    if ((code < zero || code > nine) && place !== at) return undefined;
  }
  const digits = at < 0 ? text : text.slice(0, at) + text.slice(at + 1);
  const units = digits.length <= exactDigits ? BigInt(Number(digits)) : BigInt(digits);
  return units * (powersOfTen[ledgerScale - decimals] as bigint);
}

/** The canonical text: at least the payable scale's decimals, no zeros at the end beyond them; `-` below zero. */
export function amountText(amount: bigint, { ledgerScale, payableScale }: Scales): string {
  const digits = (amount < 0n ? -amount : amount).toString().padStart(ledgerScale + 1, '0');
  const split = digits.length - ledgerScale;
  let end = digits.length;
  while (end > split + payableScale && digits.charCodeAt(end - 1) === zero) end--;
  const text = end === split ? digits.slice(0, split) : `${digits.slice(0, split)}.${digits.slice(split, end)}`;
  return amount < 0n ? `-${text}` : text;
}
