import type { PoolClient } from 'pg';
import type { ChargesClosed, EntryReversed, PaymentReceived } from '../../services/accounts/domain/account.events.ts';
import type {
  SettlementCredited,
  SettlementCreditReversed,
  SettlementRefundDecided,
  SettlementRefundReturned,
} from '../../services/accounts/domain/account-settlement.events.ts';
import type { LedgerEvent } from '../../services/event-store/domain/ledger-event.ts';
import type { InvoiceIssued, NumberAssigned } from '../../services/invoicing/domain/invoice.events.ts';
import { type Currency, isCurrency } from '../../services/money/currency.ts';
import { amountText, moneyOf } from '../../services/money/money.ts';
import type { Projection } from '../../services/read-store/projection.ts';
import { textArray } from '../../services/read-store/array-parameter.ts';
import { ImpossibleBatchDefect, ImpossibleEventDefect } from '../ledger/impossible-event.ts';
import { indexesFile, schemaFile } from '../sql/schema-file.ts';
import { insertClosed, updateIssued } from './invoice-rows.ts';

/** Invoices from the closing of their charges to their payment. */
export const invoices: Projection = {
  name: 'invoices',
  version: 1,
  schema: schemaFile('invoices'),
  indexes: indexesFile('invoices'),
  tables: ['invoices_v1'],
  filter: {
    typePrefixes: [
      ...['ChargesClosed/', 'NumberAssigned/', 'InvoiceIssued/', 'PaymentReceived/', 'SettlementCredited/', 'EntryReversed/'],
      ...['SettlementRefundDecided/', 'SettlementRefundReturned/', 'SettlementCreditReversed/'],
    ],
  },
  project,
};

const allocating = ['PaymentReceived/1', 'SettlementCredited/1', 'SettlementRefundReturned/1'];
const reopening = ['SettlementRefundDecided/1', 'SettlementCreditReversed/1'];

interface Paid {
  readonly provider: string;
  readonly invoice: string;
  readonly currency: Currency;
  /** At ledger scale; below zero where reversals took back more than payments brought. */
  amount: bigint;
}

/**
 * An invoice's charges are closed before anything else happens to it, and it has its number before its document; a payment may come
 * before or after those. No two kinds touch the same column. So a batch may take them kind by kind, and the rows come out the same however the log is cut into batches.
 */
async function project(events: Iterable<LedgerEvent>, client: PoolClient): Promise<void> {
  const closed = ofType<ChargesClosed>(events, 'ChargesClosed/1');
  const numbered = ofType<NumberAssigned>(events, 'NumberAssigned/1');
  const issued = ofType<InvoiceIssued>(events, 'InvoiceIssued/1');
  const paid = [...paidBy(events).values()];
  if (closed.length > 0) await insertClosed(client, closed);
  if (numbered.length > 0) expectRows(events, numbered.length, await updateNumbers(client, numbered));
  if (issued.length > 0) expectRows(events, issued.length, await updateIssued(client, issued));
  if (paid.length > 0) expectRows(events, paid.length, await updatePaid(client, paid));
}

function ofType<Fin>(events: Iterable<LedgerEvent>, type: string): LedgerEvent<Fin>[] {
  // The payload was checked when it was written; its type names its shape.
  return [...events].filter((event) => event.type === type) as unknown as LedgerEvent<Fin>[];
}

function expectRows(events: Iterable<LedgerEvent>, expected: number, changed: number): void {
  if (changed !== expected) throw new ImpossibleBatchDefect(events, 'something happened to an invoice whose charges were never closed');
}

/** Payments allocate to invoices, and so does the return of a refund; refunds, and reversals in their effects, say what is owed again. */
function paidBy(events: Iterable<LedgerEvent>): Map<string, Paid> {
  const paid = new Map<string, Paid>();
  for (const event of events) {
    if (allocating.includes(event.type)) {
      const { allocations, currency } = event.fin as unknown as PaymentReceived | SettlementCredited | SettlementRefundReturned;
      for (const each of allocations) addTo(paid, event, { ...each, currency, sign: 1n });
    }
    if (reopening.includes(event.type)) {
      const { reopened = [], currency } = event.fin as unknown as SettlementRefundDecided | SettlementCreditReversed;
      for (const each of reopened) addTo(paid, event, { ...each, currency, sign: -1n });
    }
    if (event.type === 'EntryReversed/1') {
      const { effects, currency } = event.fin as unknown as EntryReversed;
      for (const each of effects.reopened) addTo(paid, event, { ...each, currency, sign: -1n });
    }
  }
  return paid;
}

interface Allocated {
  readonly invoice: string;
  readonly amount: string;
  readonly currency: string;
  readonly sign: 1n | -1n;
}

function addTo(paid: Map<string, Paid>, event: LedgerEvent, { invoice, amount, currency, sign }: Allocated): void {
  if (!isCurrency(currency)) throw new ImpossibleEventDefect(event, `its currency ${currency} is unknown`);
  const key = `${event.provider}\n${invoice}\n${currency}`;
  let sum = paid.get(key);
  if (sum === undefined) {
    sum = { provider: event.provider, invoice, currency, amount: 0n };
    paid.set(key, sum);
  }
  sum.amount += sign * moneyOf(amount, currency).amount;
}

async function updateNumbers(client: PoolClient, numbered: readonly LedgerEvent<NumberAssigned>[]): Promise<number> {
  const { rowCount } = await client.query({
    name: 'invoices_number',
    text: `
      update invoices_v1 as kept
         set number = assigned.number
        from unnest($1::text[], $2::text[], $3::text[], $4::text[]) as assigned (provider, invoice, series, number)
       where kept.provider = assigned.provider and kept.invoice = assigned.invoice and kept.series = assigned.series`,
    values: [
      textArray(numbered.map(({ provider }) => provider)),
      textArray(numbered.map(({ fin }) => fin.invoice)),
      textArray(numbered.map(({ fin }) => fin.series)),
      textArray(numbered.map(({ fin }) => fin.number)),
    ],
  });
  return rowCount ?? 0;
}

async function updatePaid(client: PoolClient, paid: readonly Paid[]): Promise<number> {
  const { rowCount } = await client.query({
    name: 'invoices_pay',
    text: `
      update invoices_v1 as kept
         set paid = kept.paid + paid.amount
        from unnest($1::text[], $2::text[], $3::text[], $4::text[]::numeric[]) as paid (provider, invoice, currency, amount)
       where kept.provider = paid.provider and kept.invoice = paid.invoice and kept.currency = paid.currency`,
    values: [
      textArray(paid.map(({ provider }) => provider)),
      textArray(paid.map(({ invoice }) => invoice)),
      textArray(paid.map(({ currency }) => currency)),
      textArray(paid.map(({ amount, currency }) => amountText({ amount, currency }))),
    ],
  });
  return rowCount ?? 0;
}
