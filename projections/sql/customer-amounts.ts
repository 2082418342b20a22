import type { Currency } from '../../services/money/currency.ts';
import { amountOfNumeric } from './numeric-amount.ts';

/** Three `numeric` columns of a row, as text. */
export interface CustomerNumerics {
  readonly wallet: string;
  readonly unbilled: string;
  readonly receivable: string;
}

/** The same as canonical amounts. */
export function customerAmountsOf({ wallet, unbilled, receivable }: CustomerNumerics, currency: Currency): CustomerNumerics {
  return {
    wallet: amountOfNumeric(wallet, currency),
    unbilled: amountOfNumeric(unbilled, currency),
    receivable: amountOfNumeric(receivable, currency),
  };
}
