import type { Pool } from 'pg';
import type { EventStore } from '../../services/event-store/domain/event-store.ts';
import type { Currency } from '../../services/money/currency.ts';
import { type Money, zero } from '../../services/money/money.ts';
import type { ProjectionProgress } from '../../services/read-store/projection-progress.ts';
import type { HoldingPlace, LedgerHoldings } from '../../services/settlement/application/ledger-holdings.ts';
import { books } from '../books/books.projection.ts';
import { moneyOfNumeric } from '../sql/numeric-amount.ts';

/** How long a comparison waits for the books; it is made again later. */
const patienceMs = 30_000;

/** Balances of the books once they have seen everything that was in the log when they were asked. */
export class ProjectedLedgerHoldings implements LedgerHoldings {
  readonly #pool: Pool;
  readonly #store: EventStore;
  readonly #progress: ProjectionProgress;

  constructor({ pool, store, progress }: { readonly pool: Pool; readonly store: EventStore; readonly progress: ProjectionProgress }) {
    [this.#pool, this.#store, this.#progress] = [pool, store, progress];
  }

  async balances(provider: string, places: readonly HoldingPlace[]): Promise<readonly Money[]> {
    const { position } = await this.#store.head();
    await this.#progress.waitFor(books, { position, timeoutMs: patienceMs });
    const { rows } = await this.#pool.query<{ ledger_account: string; currency: Currency; balance: string }>({
      name: 'account_balances_holdings',
      text: 'select ledger_account, currency, balance from account_balances where provider = $1 and ledger_account = any($2)',
      values: [provider, places.map(({ ledgerAccount }) => ledgerAccount)],
    });
    const found = new Map(
      rows.map(({ ledger_account, currency, balance }) => [`${ledger_account} ${currency}`, moneyOfNumeric(balance, currency)]),
    );
    return places.map(({ ledgerAccount, currency }) => found.get(`${ledgerAccount} ${currency}`) ?? zero(currency));
  }
}
