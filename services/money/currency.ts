/**
 * The one table of currencies (DESIGN 4.3).
 *
 * `ledgerScale` is the number of decimals the ledger calculates with, `payableScale` the number a customer can pay. A scale never
 * changes; the table is part of every log's genesis, and a new currency is an event of its own.
 */
const table = {
  EUR: { ledgerScale: 6, payableScale: 2 },
  USD: { ledgerScale: 6, payableScale: 2 },
  GBP: { ledgerScale: 6, payableScale: 2 },
  CHF: { ledgerScale: 6, payableScale: 2 },
  PLN: { ledgerScale: 6, payableScale: 2 },
  UAH: { ledgerScale: 6, payableScale: 2 },
  JPY: { ledgerScale: 6, payableScale: 0 },
  KWD: { ledgerScale: 6, payableScale: 3 },
  USDC: { ledgerScale: 6, payableScale: 6 },
  ETH: { ledgerScale: 18, payableScale: 18 },
} as const;

export type Currency = keyof typeof table;

export interface Scales {
  readonly ledgerScale: number;
  readonly payableScale: number;
}

export const currencies: readonly Currency[] = Object.keys(table).sort() as Currency[];

export function isCurrency(code: string): code is Currency {
  return Object.hasOwn(table, code);
}

export function scalesOf(currency: Currency): Scales {
  return table[currency];
}
