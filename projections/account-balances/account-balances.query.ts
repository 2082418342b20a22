import { Inject, Injectable } from '@nestjs/common';
import type { Pool } from 'pg';
import type { Currency } from '../../services/money/currency.ts';
import { amountText } from '../../services/money/money.ts';
import { POOL } from '../../services/read-store/pool.ts';
import { positionOf } from '../sql/checkpoint-position.ts';
import type { CustomerNumerics } from '../sql/customer-amounts.ts';
import { books } from '../books/books.projection.ts';
import { customerOf, type CustomerPlace } from '../ledger/customer-ledger.ts';
import { amountOfNumeric, moneyOfNumeric } from '../sql/numeric-amount.ts';
import { inSnapshot } from '../sql/snapshot.ts';

export interface LedgerBalance {
  readonly ledgerAccount: string;
  readonly debits: string;
  readonly credits: string;
  /** Debits minus credits. */
  readonly balance: string;
}

export interface AccountBalances {
  readonly balances: CustomerNumerics;
  /** The ledger accounts that they are made of, by name. */
  readonly ledgerAccounts: readonly LedgerBalance[];
  readonly asOfPosition: bigint;
}

interface BalanceRow {
  readonly ledger_account: string;
  readonly debits: string;
  readonly credits: string;
  readonly balance: string;
}

@Injectable()
export class AccountBalancesQuery {
  readonly #pool: Pool;

  constructor(@Inject(POOL) pool: Pool) {
    this.#pool = pool;
  }

  /** Balances of an account in its currency; all zero for one that nothing was posted to. */
  find(provider: string, { account, currency }: { readonly account: string; readonly currency: Currency }): Promise<AccountBalances> {
    return inSnapshot(this.#pool, async (client) => {
      const { rows } = await client.query<BalanceRow>({
        name: 'account_balances_find',
        text: `
          select ledger_account, debits, credits, balance
            from account_balances
           where provider = $1 and account = $2 and currency = $3
           order by ledger_account`,
        values: [provider, account, currency],
      });
      return {
        balances: byPlace(rows, currency),
        ledgerAccounts: rows.map(({ ledger_account, debits, credits, balance }) => ({
          ledgerAccount: ledger_account,
          debits: amountOfNumeric(debits, currency),
          credits: amountOfNumeric(credits, currency),
          balance: amountOfNumeric(balance, currency),
        })),
        asOfPosition: await positionOf(client, books),
      };
    });
  }
}

/** From the customer's point of view: a wallet is a liability of the provider, so its sign turns. */
function byPlace(rows: readonly BalanceRow[], currency: Currency): CustomerNumerics {
  const sums: Record<CustomerPlace, bigint> = { wallet: 0n, unbilled: 0n, receivable: 0n };
  for (const { ledger_account, balance } of rows) {
    const place = customerOf(ledger_account)?.place;
    const { amount } = moneyOfNumeric(balance, currency);
    if (place !== undefined) sums[place] += place === 'wallet' ? -amount : amount;
  }
  const text = (amount: bigint) => amountText({ amount, currency });
  return { wallet: text(sums.wallet), unbilled: text(sums.unbilled), receivable: text(sums.receivable) };
}
