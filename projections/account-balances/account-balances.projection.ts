import type { QueryConfig } from 'pg';
import type { LedgerEvent } from '../../services/event-store/domain/ledger-event.ts';
import type { Currency } from '../../services/money/currency.ts';
import { amountText } from '../../services/money/money.ts';
import { customerOf } from '../ledger/customer-ledger.ts';
import type { PostedEvent, PostedLine } from '../ledger/event-postings.ts';
import { int8Array, textArray } from '../../services/read-store/array-parameter.ts';

interface Sums {
  readonly provider: string;
  readonly ledgerAccount: string;
  readonly currency: Currency;
  debits: bigint;
  credits: bigint;
  position: bigint;
}

/**
 * The postings of a batch, added up in memory: a hot account, such as revenue, is one row of one statement however often it was posted
 * to. Whatever the type of an event: this is the fold that an auditor runs too.
 */
export class BalanceSums {
  readonly #sums = new Map<string, Sums>();

  add(events: readonly PostedEvent[]): void {
    for (const { event, lines } of events) for (const line of lines) this.#addLine(event, line);
  }

  /** Adds the sums to the balances; undefined when there are none. */
  statement(): QueryConfig | undefined {
    const sums = [...this.#sums.values()];
    if (sums.length === 0) return undefined;
    return {
      name: 'account_balances_add',
      text: `
        insert into account_balances_v1 as kept (provider, ledger_account, currency, account, debits, credits, position)
        select *
          from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[]::numeric[], $6::text[]::numeric[], $7::bigint[])
        on conflict (provider, ledger_account, currency) do update
          set debits = kept.debits + excluded.debits,
              credits = kept.credits + excluded.credits,
              position = excluded.position`,
      values: [
        textArray(sums.map(({ provider }) => provider)),
        textArray(sums.map(({ ledgerAccount }) => ledgerAccount)),
        textArray(sums.map(({ currency }) => currency)),
        textArray(sums.map(({ ledgerAccount }) => customerOf(ledgerAccount)?.account)),
        textArray(sums.map(({ debits, currency }) => amountText({ amount: debits, currency }))),
        textArray(sums.map(({ credits, currency }) => amountText({ amount: credits, currency }))),
        int8Array(sums.map(({ position }) => position)),
      ],
    };
  }

  #addLine({ provider, position }: LedgerEvent, { ledgerAccount, currency, direction, amount }: PostedLine): void {
    const key = `${provider}\n${currency}\n${ledgerAccount}`;
    let sum = this.#sums.get(key);
    if (sum === undefined) {
      sum = { provider, ledgerAccount, currency, debits: 0n, credits: 0n, position };
      this.#sums.set(key, sum);
    }
    if (direction === 'debit') sum.debits += amount;
    else sum.credits += amount;
    sum.position = position;
  }
}
