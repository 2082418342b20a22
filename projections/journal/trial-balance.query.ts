import { Inject, Injectable } from '@nestjs/common';
import type { Pool } from 'pg';
import type { Currency } from '../../services/money/currency.ts';
import { amountText } from '../../services/money/money.ts';
import { POOL } from '../../services/read-store/pool.ts';
import { books } from '../books/books.projection.ts';
import { positionOf } from '../sql/checkpoint-position.ts';
import { amountOfNumeric, moneyOfNumeric } from '../sql/numeric-amount.ts';
import { inSnapshot } from '../sql/snapshot.ts';

export interface TrialBalanceLine {
  /** A place in the chart; the accounts of all customers together are one line. */
  readonly ledgerAccount: string;
  readonly debits: string;
  readonly credits: string;
  /** Debits minus credits. */
  readonly balance: string;
}

export interface CurrencyTrialBalance {
  readonly currency: Currency;
  readonly debits: string;
  readonly credits: string;
  /** Zero, or the books are wrong. */
  readonly balance: string;
  readonly ledgerAccounts: readonly TrialBalanceLine[];
}

export interface TrialBalance {
  readonly currencies: readonly CurrencyTrialBalance[];
  readonly asOfPosition: bigint;
}

interface SumRow {
  readonly currency: Currency;
  readonly ledger_account: string;
  readonly debits: string;
  readonly credits: string;
}

@Injectable()
export class TrialBalanceQuery {
  readonly #pool: Pool;

  constructor(@Inject(POOL) pool: Pool) {
    this.#pool = pool;
  }

  /** Sums of all lines up to a position, or of all there are. A customer's part of a ledger account begins at its id. */
  at(provider: string, position: bigint | undefined): Promise<TrialBalance> {
    return inSnapshot(this.#pool, async (client) => {
      const seen = await positionOf(client, books);
      const asOfPosition = position !== undefined && position < seen ? position : seen;
      const { rows } = await client.query<SumRow>({
        name: 'journal_trial_balance',
        text: `
          select currency,
                 split_part(ledger_account, ':acc_', 1) collate "C" as ledger_account,
                 coalesce(sum(amount) filter (where direction = 'debit'), 0) as debits,
                 coalesce(sum(amount) filter (where direction = 'credit'), 0) as credits
            from journal
           where provider = $1 and position <= $2
           group by 1, 2
           order by 1, 2`,
        values: [provider, asOfPosition],
      });
      const currencies = [...new Set(rows.map(({ currency }) => currency))];
      return { currencies: currencies.map((currency) => trialBalanceOf(rows, currency)), asOfPosition };
    });
  }
}

function trialBalanceOf(rows: readonly SumRow[], currency: Currency): CurrencyTrialBalance {
  const own = rows.filter((row) => row.currency === currency);
  const debits = own.reduce((sum, row) => sum + moneyOfNumeric(row.debits, currency).amount, 0n);
  const credits = own.reduce((sum, row) => sum + moneyOfNumeric(row.credits, currency).amount, 0n);
  const text = (amount: bigint) => amountText({ amount, currency });
  return {
    currency,
    debits: text(debits),
    credits: text(credits),
    balance: text(debits - credits),
    ledgerAccounts: own.map((row) => ({
      ledgerAccount: row.ledger_account,
      debits: amountOfNumeric(row.debits, currency),
      credits: amountOfNumeric(row.credits, currency),
      balance: text(moneyOfNumeric(row.debits, currency).amount - moneyOfNumeric(row.credits, currency).amount),
    })),
  };
}
