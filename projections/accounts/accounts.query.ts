import { Inject, Injectable } from '@nestjs/common';
import type { Pool } from 'pg';
import type { Currency } from '../../services/money/currency.ts';
import { POOL } from '../../services/read-store/pool.ts';
import { positionOf } from '../sql/checkpoint-position.ts';
import { customerAmountsOf, type CustomerNumerics } from '../sql/customer-amounts.ts';
import { amountOfNumeric } from '../sql/numeric-amount.ts';
import { inSnapshot } from '../sql/snapshot.ts';
import { accounts } from './accounts.projection.ts';

export interface AccountView {
  readonly account: string;
  readonly billing: 'prepaid' | 'postpaid';
  readonly currency: Currency;
  readonly creditLimit: string;
  readonly balances: CustomerNumerics;
  readonly revision: bigint;
  readonly openedAt: string;
}

export interface AccountPage {
  readonly accounts: readonly AccountView[];
  /** Key of the next page's first row. */
  readonly next: string | undefined;
  readonly asOfPosition: bigint;
}

interface AccountRow extends CustomerNumerics {
  readonly account: string;
  readonly billing: 'prepaid' | 'postpaid';
  readonly currency: Currency;
  readonly credit_limit: string;
  readonly revision: bigint;
  readonly opened_at: Date;
}

@Injectable()
export class AccountsQuery {
  readonly #pool: Pool;

  constructor(@Inject(POOL) pool: Pool) {
    this.#pool = pool;
  }

  /** In order of their ids, from a key on. */
  page(provider: string, { from = '', limit }: { readonly from?: string | undefined; readonly limit: number }): Promise<AccountPage> {
    return inSnapshot(this.#pool, async (client) => {
      const { rows } = await client.query<AccountRow>({
        name: 'accounts_page',
        text: `
          select account, billing, currency, credit_limit, wallet, unbilled, receivable, revision, opened_at
            from accounts
           where provider = $1 and account >= $2
           order by account
           limit $3`,
        values: [provider, from, limit + 1],
      });
      const asOfPosition = await positionOf(client, accounts);
      return { accounts: rows.slice(0, limit).map(viewOf), next: rows[limit]?.account, asOfPosition };
    });
  }

  /** One account of this provider; undefined for any other. */
  find(provider: string, account: string): Promise<{ readonly view: AccountView; readonly asOfPosition: bigint } | undefined> {
    return inSnapshot(this.#pool, async (client) => {
      const { rows } = await client.query<AccountRow>({
        name: 'accounts_find',
        text: `
          select account, billing, currency, credit_limit, wallet, unbilled, receivable, revision, opened_at
            from accounts
           where provider = $1 and account = $2`,
        values: [provider, account],
      });
      const [row] = rows;
      return row && { view: viewOf(row), asOfPosition: await positionOf(client, accounts) };
    });
  }

  /** The currency of an account of this provider; undefined for any other. Terms never change, so no snapshot is needed. */
  async currencyOf(provider: string, account: string): Promise<Currency | undefined> {
    const { rows } = await this.#pool.query<{ readonly currency: Currency }>({
      name: 'accounts_currency',
      text: 'select currency from accounts where provider = $1 and account = $2',
      values: [provider, account],
    });
    return rows[0]?.currency;
  }
}

function viewOf(row: AccountRow): AccountView {
  const { account, billing, currency, credit_limit, revision, opened_at } = row;
  return {
    account,
    billing,
    currency,
    creditLimit: amountOfNumeric(credit_limit, currency),
    balances: customerAmountsOf(row, currency),
    revision,
    openedAt: opened_at.toISOString(),
  };
}
