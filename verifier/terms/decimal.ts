/** An exact number that is not below zero: `digits / 10^scale`. */
export interface Decimal {
  readonly digits: bigint;
  readonly scale: number;
}

const pattern = /^(0|[1-9][0-9]{0,14})(?:\.([0-9]{1,12}))?$/;

/** Reads plain notation; undefined for anything else. */
export function decimalOf(text: unknown): Decimal | undefined {
  const match = typeof text === 'string' ? pattern.exec(text) : null;
  if (match === null) return undefined;
  const [, whole = '', fraction = ''] = match;
  return { digits: BigInt(whole + fraction), scale: fraction.length };
}

/** Below zero, zero or above zero as the left one is to the right one. */
export function compareDecimals(left: Decimal, right: Decimal): bigint {
  return left.digits * 10n ** BigInt(right.scale) - right.digits * 10n ** BigInt(left.scale);
}
