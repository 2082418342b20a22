import type { Money } from '../../../money/money.ts';
import type { Currency } from '../../../money/currency.ts';

/** Where a balance stands in the books. */
export interface HoldingPlace {
  readonly ledgerAccount: string;
  readonly currency: Currency;
}

/** What the books say of places in the chart. */
export interface LedgerHoldings {
  /**
   * Debits less credits of each place, in this order, after everything that was in the log when it was asked; zero for a place that nothing was
   * posted to. Throws a retryable fault while the books are behind.
   */
  balances(provider: string, places: readonly HoldingPlace[]): Promise<readonly Money[]>;
  /** The same of one place together with each customer's part of it, which begins at the customer's id. */
  ofAll(provider: string, place: HoldingPlace): Promise<Money>;
}
