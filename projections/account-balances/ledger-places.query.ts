import { Inject, Injectable } from '@nestjs/common';
import type { Pool } from 'pg';
import type { Currency } from '../../services/money/currency.ts';
import { POOL } from '../../services/read-store/pool.ts';
import { amountOfNumeric } from '../sql/numeric-amount.ts';

/** A place in the chart of accounts that was posted to, in one currency. */
export interface LedgerPlace {
  readonly ledgerAccount: string;
  readonly currency: Currency;
  /** Debits minus credits. */
  readonly balance: string;
}

interface PlaceRow {
  readonly ledger_account: string;
  readonly currency: Currency;
  readonly balance: string;
}

/** The expression of the index, to the letter (`indexes.sql`). */
const stateKey = `sha256(
  'ledger-key/1'::bytea
    || int4send(octet_length(ledger_account)) || replace(ledger_account, '\\', '\\\\')::bytea
    || int4send(octet_length(currency)) || replace(currency, '\\', '\\\\')::bytea
)`;

/** Finds places by what others know them by. */
@Injectable()
export class LedgerPlacesQuery {
  readonly #pool: Pool;

  constructor(@Inject(POOL) pool: Pool) {
    this.#pool = pool;
  }

  /** The place whose balance stands under this key in the map of balances. */
  async ofStateKey(provider: string, key: Buffer): Promise<LedgerPlace | undefined> {
    return (await this.#select('account_balances_of_key', `${stateKey} = $2`, provider, key))[0];
  }

  /** Every currency of a ledger account. */
  ofLedgerAccount(provider: string, ledgerAccount: string): Promise<LedgerPlace[]> {
    return this.#select('account_balances_of_place', 'ledger_account = $2', provider, ledgerAccount);
  }

  /** Where the money of a customer's account stands. */
  ofAccount(provider: string, account: string): Promise<LedgerPlace[]> {
    return this.#select('account_balances_of_account', 'account = $2', provider, account);
  }

  async #select(name: string, where: string, provider: string, value: unknown): Promise<LedgerPlace[]> {
    const { rows } = await this.#pool.query<PlaceRow>({
      name,
      text: `
        select ledger_account, currency, balance
          from account_balances
         where provider = $1 and ${where}
         order by ledger_account, currency`,
      values: [provider, value],
    });
    return rows.map(({ ledger_account: ledgerAccount, currency, balance }) => ({
      ledgerAccount,
      currency,
      balance: amountOfNumeric(balance, currency),
    }));
  }
}
