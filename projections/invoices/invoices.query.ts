import { Inject, Injectable } from '@nestjs/common';
import type { Pool } from 'pg';
import type { InvoiceIssued } from '../../services/invoicing/domain/invoice.events.ts';
import type { Currency } from '../../services/money/currency.ts';
import { POOL } from '../../services/read-store/pool.ts';
import { positionOf } from '../sql/checkpoint-position.ts';
import { amountOfNumeric } from '../sql/numeric-amount.ts';
import { inSnapshot } from '../sql/snapshot.ts';
import { invoices } from './invoices.projection.ts';

/** `closing`: the charges are given up to it, number and document follow. The others are documents, by how much is paid. */
export type InvoiceStatus = 'closing' | 'issued' | 'partially_paid' | 'paid';

export const invoiceStatuses = ['closing', 'issued', 'partially_paid', 'paid'] as const satisfies readonly InvoiceStatus[];

export interface InvoiceSummary {
  readonly invoice: string;
  readonly account: string;
  readonly status: InvoiceStatus;
  /** Absent until the series has given one. */
  readonly number?: string;
  readonly series: string;
  readonly currency: Currency;
  readonly total: string;
  readonly paid: string;
  readonly open: string;
  /** `YYYY-MM-DD`. */
  readonly dueOn: string;
  readonly closedAt: string;
  readonly issuedAt?: string;
}

/** Where an event stands in the log. */
export interface EventPlace {
  readonly eventId: string;
  readonly position: string;
}

export interface InvoiceDetail extends InvoiceSummary {
  /** Exact sum of the charges, before the one rounding. */
  readonly net: string;
  readonly charges: InvoiceIssued['charges'];
  readonly closed: EventPlace;
  /** These are absent until the document exists. */
  readonly document?: Pick<InvoiceIssued, 'lines' | 'taxLines' | 'priceBooks'> & EventPlace;
}

export interface InvoicePage {
  readonly invoices: readonly InvoiceSummary[];
  /** Key of the next page's first row. */
  readonly next: bigint | undefined;
  readonly asOfPosition: bigint;
}

export interface InvoicesAsked {
  readonly account?: string | undefined;
  readonly status?: InvoiceStatus | undefined;
  /** Position at which the charges of the first invoice were closed; the newest when absent. */
  readonly from?: bigint | undefined;
  readonly limit: number;
}

interface SummaryRow {
  readonly invoice: string;
  readonly account: string;
  readonly status: InvoiceStatus;
  readonly number: string | null;
  readonly series: string;
  readonly currency: Currency;
  readonly total: string;
  readonly paid: string;
  readonly open: string;
  readonly due_on: string;
  readonly closed_at: Date;
  readonly closed_position: bigint;
  readonly issued_at: Date | null;
}

interface DetailRow extends SummaryRow {
  readonly net: string;
  readonly charges_stream: string;
  readonly charges_from_revision: bigint;
  readonly charges_to_revision: bigint;
  readonly closed_event_id: string;
  readonly issued_event_id: string | null;
  readonly issued_position: bigint | null;
  readonly lines: InvoiceIssued['lines'] | null;
  readonly tax_lines: InvoiceIssued['taxLines'] | null;
  readonly price_books: InvoiceIssued['priceBooks'] | null;
}

/** A date as text: the driver would make midnight of the machine's own zone of it. */
const summaryColumns = `
  invoice, account, status, number, series, currency, total, paid, open, to_char(due_on, 'YYYY-MM-DD') as due_on,
  closed_at, closed_position, issued_at`;

const detailColumns = `
  ${summaryColumns}, net, charges_stream, charges_from_revision, charges_to_revision, closed_event_id,
  issued_event_id, issued_position, lines, tax_lines, price_books`;

@Injectable()
export class InvoicesQuery {
  readonly #pool: Pool;

  constructor(@Inject(POOL) pool: Pool) {
    this.#pool = pool;
  }

  /** Newest first, from a key on. */
  page(provider: string, { account, status, from, limit }: InvoicesAsked): Promise<InvoicePage> {
    return inSnapshot(this.#pool, async (client) => {
      const { rows } = await client.query<SummaryRow>({
        text: `
          select ${summaryColumns}
            from invoices
           where provider = $1
             and ($2::text is null or account = $2)
             and ($3::text is null or status = $3)
             and ($4::bigint is null or closed_position <= $4)
           order by closed_position desc
           limit $5`,
        values: [provider, account, status, from, limit + 1],
      });
      const asOfPosition = await positionOf(client, invoices);
      return { invoices: rows.slice(0, limit).map(summaryOf), next: rows[limit]?.closed_position, asOfPosition };
    });
  }

  /** One invoice of this provider; undefined for any other. */
  find(provider: string, invoice: string): Promise<{ readonly detail: InvoiceDetail; readonly asOfPosition: bigint } | undefined> {
    return inSnapshot(this.#pool, async (client) => {
      const { rows } = await client.query<DetailRow>({
        name: 'invoices_find',
        text: `
          select ${detailColumns}
            from invoices
           where provider = $1 and invoice = $2`,
        values: [provider, invoice],
      });
      const [row] = rows;
      return row && { detail: detailOf(row), asOfPosition: await positionOf(client, invoices) };
    });
  }

  /** Those of a printed number, which each series of a provider gives once. */
  async numbered(provider: string, number: string): Promise<InvoiceDetail[]> {
    const { rows } = await this.#pool.query<DetailRow>({
      name: 'invoices_numbered',
      text: `
        select ${detailColumns}
          from invoices
         where provider = $1 and number = $2
         order by series`,
      values: [provider, number],
    });
    return rows.map(detailOf);
  }
}

function summaryOf(row: SummaryRow): InvoiceSummary {
  const { invoice, account, status, number, series, currency, due_on, closed_at, issued_at } = row;
  return {
    invoice,
    account,
    status,
    ...(number !== null && { number }),
    series,
    currency,
    total: amountOfNumeric(row.total, currency),
    paid: amountOfNumeric(row.paid, currency),
    open: amountOfNumeric(row.open, currency),
    dueOn: due_on,
    closedAt: closed_at.toISOString(),
    ...(issued_at !== null && { issuedAt: issued_at.toISOString() }),
  };
}

function detailOf(row: DetailRow): InvoiceDetail {
  const { lines, tax_lines: taxLines, price_books: priceBooks, issued_event_id: eventId, issued_position: position } = row;
  const isDocument = lines !== null && taxLines !== null && priceBooks !== null && eventId !== null && position !== null;
  return {
    ...summaryOf(row),
    net: amountOfNumeric(row.net, row.currency),
    charges: {
      stream: row.charges_stream,
      fromRevision: row.charges_from_revision.toString(),
      toRevision: row.charges_to_revision.toString(),
    },
    closed: { eventId: row.closed_event_id, position: row.closed_position.toString() },
    ...(isDocument && { document: { lines, taxLines, priceBooks, eventId, position: position.toString() } }),
  };
}
