import type { AccountEvent, ChargePosted, ChargesClosed, TitlePurchased } from '../../accounts/domain/account.events.ts';
import type { Aggregate } from '../../commands/domain/aggregate.ts';
import { accept, type Decision, reject, repeated } from '../../commands/domain/decision.ts';
import { add, amountText, type Money, moneyOf, zero } from '../../money/money.ts';
import { type InvoiceEvent, invoiceEvents, type InvoiceIssued, type InvoiceLine } from './invoice.events.ts';

export type Invoice = { readonly status: 'none' } | { readonly status: 'issued'; readonly number: string };

export const invoice: Aggregate<Invoice, InvoiceEvent> = {
  initial: { status: 'none' },
  evolve: (_, { event }) => ({ status: 'issued', number: event.data.number }),
  events: invoiceEvents,
};

export type InvoiceRejection = { readonly code: 'invoice_already_issued'; readonly number: string };

/** An account event at its revision, as the invoice reads it. */
export interface AccountEntry {
  readonly revision: bigint;
  readonly event: AccountEvent;
}

export interface IssueInvoiceData {
  readonly closed: ChargesClosed;
  /** The account's stream and its events of the closed range. */
  readonly stream: string;
  readonly entries: readonly AccountEntry[];
  readonly number: string;
  readonly issuedAt: string;
}

export function issueInvoice(state: Invoice, data: IssueInvoiceData): Decision<InvoiceEvent, InvoiceRejection> {
  if (state.status === 'issued' && state.number === data.number) return repeated(0n);
  if (state.status === 'issued') return reject({ code: 'invoice_already_issued', number: state.number });
  return accept({ type: 'InvoiceIssued/1', data: documentOf(data) });
}

function documentOf({ closed, stream, entries, number, issuedAt }: IssueInvoiceData): InvoiceIssued {
  const charges = chargesToInvoice(entries);
  const lines = linesOf(charges, closed);
  assertSum(lines, closed);
  return {
    invoice: closed.invoice,
    number,
    series: closed.series,
    account: closed.account,
    currency: closed.currency,
    charges: { stream, fromRevision: closed.fromRevision, toRevision: closed.toRevision },
    priceBooks: priceBooksOf(charges),
    lines,
    taxLines: [{ code: 'untaxed', net: closed.net, payable: closed.payable }],
    total: closed.payable,
    issuedAt,
    dueOn: closed.dueOn,
  };
}

type Charge = ChargePosted | TitlePurchased;

/** Charges to the invoice in this range, without those that were taken back before it was closed. */
function chargesToInvoice(entries: readonly AccountEntry[]): Charge[] {
  const reversed = new Set(entries.flatMap(({ event }) => (event.type === 'EntryReversed/1' ? [event.data.reverses.revision] : [])));
  return entries.flatMap(({ event, revision }) => {
    if (event.type !== 'ChargePosted/1' && event.type !== 'TitlePurchased/1') return [];
    return event.data.source === 'invoice' && !reversed.has(revision.toString()) ? [event.data] : [];
  });
}

/** A document is one event, so it cannot grow with the number of charges: at four bytes a character this is half of an append. */
const linesMax = 500;

type Naming = (charge: Charge) => Pick<InvoiceLine, 'product' | 'description'>;

/** From fine to coarse: one line a description (for a purchase, a title), one line a product, one line. */
const namings: readonly [Naming, ...Naming[]] = [
  (charge) => ({ product: charge.product, description: 'title' in charge ? charge.title.name : charge.description }),
  ({ product }) => ({ product, description: product }),
  () => ({ product: 'various', description: 'various' }),
];

/** The finest lines that the document has room for, in the order in which they first appear. */
function linesOf(charges: readonly Charge[], closed: ChargesClosed): InvoiceLine[] {
  let lines: InvoiceLine[] = [];
  for (const naming of namings) {
    lines = linesNamed(charges, closed, naming);
    if (lines.length <= linesMax) break;
  }
  return lines;
}

function linesNamed(charges: readonly Charge[], { currency }: ChargesClosed, naming: Naming): InvoiceLine[] {
  const lines = new Map<string, { readonly product: string; readonly description: string; count: bigint; sum: Money }>();
  for (const charge of charges) {
    const { product, description } = naming(charge);
    const key = `${product}\n${description}`;
    const amount = moneyOf(charge.amount, charge.currency);
    const line = lines.get(key) ?? { product, description, count: 0n, sum: zero(moneyOf('0', currency).currency) };
    lines.set(key, { ...line, count: line.count + 1n, sum: add(line.sum, amount) });
  }
  return [...lines.values()].map(({ product, description, count, sum }) => ({
    product,
    description,
    count: count.toString(),
    amount: amountText(sum),
  }));
}

function priceBooksOf(charges: readonly Charge[]): InvoiceIssued['priceBooks'] {
  const used = new Map<string, { stream: string; revision: string }>();
  for (const charge of charges) {
    if (!('rating' in charge) || charge.rating === undefined) continue;
    const { stream, revision } = charge.rating.priceBook;
    used.set(`${stream}@${revision}`, { stream, revision });
  }
  return [...used.values()];
}

/** The defect check: what the lines say is what the account gave up. */
function assertSum(lines: readonly InvoiceLine[], { currency, net, invoice: id }: ChargesClosed): void {
  const sum = lines.reduce((total, line) => total + moneyOf(line.amount, currency).amount, 0n);
  if (sum !== moneyOf(net, currency).amount) throw new RangeError(`The lines of invoice ${id} do not add up to what the account closed.`);
}
