import type { LedgerEvent } from '../../services/event-store/domain/ledger-event.ts';
import type { Currency } from '../../services/money/currency.ts';
import { amountText } from '../../services/money/money.ts';
import { customerOf } from '../ledger/customer-ledger.ts';
import type { PostedEvent, PostedLine } from '../ledger/event-postings.ts';
import type { Write } from '../sql/write-in-turn.ts';
import { int8Array, textArray } from '../../services/read-store/array-parameter.ts';

interface Sum {
  readonly provider: string;
  readonly ledgerAccount: string;
  readonly currency: Currency;
  debits: bigint;
  credits: bigint;
  position: bigint;
}

/**
 * Adds the postings of at least one event to the balances. They are summed up in memory first: a hot account, such as revenue, is one
 * row of one statement however often it was posted to. Whatever the type of an event: this is the fold that an auditor runs too.
 */
export function addedBalances(events: readonly PostedEvent[]): Write {
  const sums = sumsOf(events);
  const statement = {
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
  return (client) => client.query(statement);
}

function sumsOf(events: readonly PostedEvent[]): readonly Sum[] {
  const sums: Sum[] = [];
  // By provider and ledger account; one sum a currency, which is nearly always one.
  const places = new Map<string, Map<string, Sum[]>>();
  const placeOf = ({ provider }: LedgerEvent, { ledgerAccount }: PostedLine): Sum[] => {
    let ledgerAccounts = places.get(provider);
    if (ledgerAccounts === undefined) places.set(provider, (ledgerAccounts = new Map<string, Sum[]>()));
    let place = ledgerAccounts.get(ledgerAccount);
    if (place === undefined) ledgerAccounts.set(ledgerAccount, (place = []));
    return place;
  };
  for (const { event, lines } of events) {
    for (const line of lines) {
      const { ledgerAccount, currency, direction, amount } = line;
      const place = placeOf(event, line);
      let sum = place.find((each) => each.currency === currency);
      if (sum === undefined) {
        sum = { provider: event.provider, ledgerAccount, currency, debits: 0n, credits: 0n, position: event.position };
        place.push(sum);
        sums.push(sum);
      }
      if (direction === 'debit') sum.debits += amount;
      else sum.credits += amount;
      sum.position = event.position;
    }
  }
  return sums;
}
