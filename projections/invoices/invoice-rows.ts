import type { PoolClient } from 'pg';
import type { ChargesClosed } from '../../services/accounts/domain/account.events.ts';
import type { LedgerEvent } from '../../services/event-store/domain/ledger-event.ts';
import type { InvoiceIssued } from '../../services/invoicing/domain/invoice.events.ts';
import { int8Array, textArray } from '../../services/read-store/array-parameter.ts';

/** An invoice begins when its account gives up the charges; from here on it can be paid. */
export async function insertClosed(client: PoolClient, closed: readonly LedgerEvent<ChargesClosed>[]): Promise<void> {
  await client.query({
    name: 'invoices_close',
    text: `
      insert into invoices_v1
        (provider, invoice, account, series, currency, net, total, due_on, charges_stream, charges_from_revision, charges_to_revision,
         closed_at, closed_position, closed_event_id)
      select *
        from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[]::numeric[], $7::text[]::numeric[],
                    $8::text[]::date[], $9::text[], $10::bigint[], $11::bigint[], $12::text[]::timestamptz[], $13::bigint[],
                    $14::text[]::uuid[])`,
    values: [
      textArray(closed.map(({ provider }) => provider)),
      textArray(closed.map(({ fin }) => fin.invoice)),
      textArray(closed.map(({ fin }) => fin.account)),
      textArray(closed.map(({ fin }) => fin.series)),
      textArray(closed.map(({ fin }) => fin.currency)),
      textArray(closed.map(({ fin }) => fin.net)),
      textArray(closed.map(({ fin }) => fin.payable)),
      textArray(closed.map(({ fin }) => fin.dueOn)),
      textArray(closed.map(({ stream }) => stream)),
      int8Array(closed.map(({ fin }) => BigInt(fin.fromRevision))),
      int8Array(closed.map(({ fin }) => BigInt(fin.toRevision))),
      textArray(closed.map(({ at }) => at)),
      int8Array(closed.map(({ position }) => position)),
      textArray(closed.map(({ id }) => id)),
    ],
  });
}

/** The document. It must say the number that the series gave and the total that the account closed; answers how many rows took it. */
export async function updateIssued(client: PoolClient, issued: readonly LedgerEvent<InvoiceIssued>[]): Promise<number> {
  const { rowCount } = await client.query({
    name: 'invoices_issue',
    text: `
      update invoices_v1 as kept
         set issued_at = issued.issued_at,
             issued_position = issued.position,
             issued_event_id = issued.event_id,
             lines = issued.lines,
             tax_lines = issued.tax_lines,
             price_books = issued.price_books
        from unnest($1::text[], $2::text[], $3::text[], $4::text[]::timestamptz[], $5::bigint[], $6::text[]::uuid[],
                    $7::text[]::jsonb[], $8::text[]::jsonb[], $9::text[]::jsonb[], $10::text[], $11::text[]::numeric[])
               as issued (provider, invoice, number, issued_at, position, event_id, lines, tax_lines, price_books, currency, total)
       where kept.provider = issued.provider
         and kept.invoice = issued.invoice
         and kept.number = issued.number
         and kept.currency = issued.currency
         and kept.total = issued.total`,
    values: [
      textArray(issued.map(({ provider }) => provider)),
      textArray(issued.map(({ fin }) => fin.invoice)),
      textArray(issued.map(({ fin }) => fin.number)),
      textArray(issued.map(({ fin }) => fin.issuedAt)),
      int8Array(issued.map(({ position }) => position)),
      textArray(issued.map(({ id }) => id)),
      textArray(issued.map(({ fin }) => JSON.stringify(fin.lines))),
      textArray(issued.map(({ fin }) => JSON.stringify(fin.taxLines))),
      textArray(issued.map(({ fin }) => JSON.stringify(fin.priceBooks))),
      textArray(issued.map(({ fin }) => fin.currency)),
      textArray(issued.map(({ fin }) => fin.total)),
    ],
  });
  return rowCount ?? 0;
}
