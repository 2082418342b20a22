import { EventTypes } from '../../event-store/domain/event-types.ts';

/** Second step of an invoice: the series gives it a number, once per invoice. Stream `<slug>.series-<series>`. */
export type NumberAssigned = {
  readonly series: string;
  readonly invoice: string;
  /** 1, 2, 3, ... without a gap, as decimal text. */
  readonly sequence: string;
  /** What is printed, for example `INV-000001`. */
  readonly number: string;
};

export type InvoiceLine = {
  readonly product: string;
  readonly description: string;
  /** How many charges the line sums up, as decimal text. */
  readonly count: string;
  readonly amount: string;
};

export type InvoiceTaxLine = {
  readonly code: string;
  readonly net: string;
  readonly payable: string;
};

/** Third step: the document, for ever unchanged. Stream `<slug>.invoice-<invoice>`, always revision 0. */
export type InvoiceIssued = {
  readonly invoice: string;
  readonly number: string;
  readonly series: string;
  readonly account: string;
  readonly currency: string;
  /** Where its charges stand: anybody can add them up again. */
  readonly charges: { readonly stream: string; readonly fromRevision: string; readonly toRevision: string };
  /** Every price version that a line used: stream and revision, which name one leaf each. */
  readonly priceBooks: readonly { readonly stream: string; readonly revision: string }[];
  readonly lines: readonly InvoiceLine[];
  readonly taxLines: readonly InvoiceTaxLine[];
  readonly total: string;
  readonly issuedAt: string;
  readonly dueOn: string;
};

export type SeriesEvent = { readonly type: 'NumberAssigned/1'; readonly data: NumberAssigned };
export type InvoiceEvent = { readonly type: 'InvoiceIssued/1'; readonly data: InvoiceIssued };

export const seriesEvents = new EventTypes<SeriesEvent>({ 'NumberAssigned/1': [] });
export const invoiceEvents = new EventTypes<InvoiceEvent>({ 'InvoiceIssued/1': [] });
