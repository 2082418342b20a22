import type { Currency } from '../../services/money/currency.ts';
import { type Money, zero } from '../../services/money/money.ts';
import type { HoldingPlace, LedgerHoldings } from '../../services/settlement/application/reconciling/ledger-holdings.ts';
import { books } from '../books/books.projection.ts';
import { moneyOfNumeric } from '../sql/numeric-amount.ts';
import type { UpToDateReads } from '../sql/up-to-date-reads.ts';

/** Balances of the books once they have seen everything that was in the log when they were asked. */
export class ProjectedLedgerHoldings implements LedgerHoldings {
  readonly #reads: UpToDateReads;

  constructor(reads: UpToDateReads) {
    this.#reads = reads;
  }

  async balances(provider: string, places: readonly HoldingPlace[]): Promise<readonly Money[]> {
    const rows = await this.#reads.rows<{ ledger_account: string; currency: Currency; balance: string }>(books, {
      name: 'account_balances_holdings',
      text: 'select ledger_account, currency, balance from account_balances where provider = $1 and ledger_account = any($2)',
      values: [provider, places.map(({ ledgerAccount }) => ledgerAccount)],
    });
    const found = new Map(
      rows.map(({ ledger_account, currency, balance }) => [`${ledger_account} ${currency}`, moneyOfNumeric(balance, currency)]),
    );
    return places.map(({ ledgerAccount, currency }) => found.get(`${ledgerAccount} ${currency}`) ?? zero(currency));
  }

  async ofAll(provider: string, { ledgerAccount, currency }: HoldingPlace): Promise<Money> {
    const [row] = await this.#reads.rows<{ balance: string }>(books, {
      name: 'account_balances_of_all',
      text: `
        select coalesce(sum(balance), 0) as balance from account_balances
         where provider = $1 and currency = $3 and (ledger_account = $2 or starts_with(ledger_account, $2 || ':acc_'))`,
      values: [provider, ledgerAccount, currency],
    });
    return row === undefined ? zero(currency) : moneyOfNumeric(row.balance, currency);
  }
}
