import { divide, type Rounding } from './rounding.ts';

/** An exact decimal without a currency: a rate or a quantity. Its value is `digits / 10^scale`. */
export interface Decimal {
  readonly digits: bigint;
  readonly scale: number;
}

/** Plain notation, not below zero, at most 15 whole digits and 12 decimals. */
const pattern = /^(0|[1-9][0-9]{0,14})(?:\.([0-9]{1,12}))?$/;

/** Reads a rate or a quantity such as `265.1` or `0.085`; undefined for anything else. */
export function parseDecimal(text: string): Decimal | undefined {
  const match = pattern.exec(text);
  if (match === null) return undefined;
  const [, whole = '', fraction = ''] = match;
  return { digits: BigInt(whole + fraction), scale: fraction.length };
}

export function multiply(left: Decimal, right: Decimal): Decimal {
  return { digits: left.digits * right.digits, scale: left.scale + right.scale };
}

/** Rounds once to `scale` decimals; with fewer decimals than that the value is exact and only written longer. */
export function toScale({ digits, scale }: Decimal, scaleWanted: number, rounding: Rounding): Decimal {
  if (scale <= scaleWanted) return { digits: digits * 10n ** BigInt(scaleWanted - scale), scale: scaleWanted };
  return { digits: divide(digits, 10n ** BigInt(scale - scaleWanted), rounding), scale: scaleWanted };
}

/** Plain notation without trailing zeros: `4.275`, `10`, `0`. */
export function decimalText({ digits, scale }: Decimal): string {
  const text = digits.toString().padStart(scale + 1, '0');
  const fraction = text.slice(text.length - scale).replace(/0+$/, '');
  return text.slice(0, text.length - scale) + (scale === 0 || fraction === '' ? '' : `.${fraction}`);
}
