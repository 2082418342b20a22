import { type Currency, scalesOf } from '../../services/money/currency.ts';
import { amountText, type Money } from '../../services/money/money.ts';

const numeric = /^(-?)([0-9]+)(?:\.([0-9]+))?$/;

/**
 * Reads a `numeric` column. A sum may be larger than any single amount, so there is no bound; decimals below the ledger scale would
 * be a defect, since nothing that is summed has them.
 */
export function moneyOfNumeric(text: string, currency: Currency): Money {
  const match = numeric.exec(text);
  if (match === null) throw new RangeError(`${text} is not a number.`);
  const [, sign = '', whole = '', fraction = ''] = match;
  const { ledgerScale } = scalesOf(currency);
  if (/[1-9]/.test(fraction.slice(ledgerScale))) throw new RangeError(`${text} is finer than ${currency} is counted.`);
  const magnitude = BigInt(whole + fraction.slice(0, ledgerScale).padEnd(ledgerScale, '0'));
  return { amount: sign === '-' ? -magnitude : magnitude, currency };
}

/** The canonical text of a `numeric` column: `"10.00"`. */
export function amountOfNumeric(text: string, currency: Currency): string {
  return amountText(moneyOfNumeric(text, currency));
}
