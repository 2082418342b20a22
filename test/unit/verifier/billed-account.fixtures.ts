import { type BillChecks, newBillChecks } from '../../../verifier/bill/bill-checks.ts';
import type { BillLeaf, Fin } from '../../../verifier/bill/bill-leaf.ts';
import { BillPostings } from '../../../verifier/bill/bill-postings.ts';
import { type CheckedInvoice, checkInvoice } from '../../../verifier/bill/invoice.check.ts';
import { checkTerms, type TermsOutcome } from '../../../verifier/bill/terms.check.ts';
import type { CountedUsage } from '../../../verifier/bill/usage-file.ts';
import { amountText, parseAmount } from '../../../verifier/fold/amount.ts';
import { noPrevious } from '../../../verifier/log/stored-event.ts';

/** An event of the account as an operator may write it, honest or not. */
export interface WrittenEvent {
  readonly type: string;
  readonly fin: Fin;
}

/** What a charge is taken from: a posting to one of the account's own places. */
type Source = 'invoice' | 'wallet';

const account = 'acc_1';
const termsHash = `0x${'0'.repeat(64)}`;
const slaCredits = [{ availabilityBelow: '99.5', creditPercent: '10' }];
const scales = { ledgerScale: 4, payableScale: 2 };
const [stream, prices] = [`demo.account-${account}`, 'demo.pricebook-pbk_1'];
const placeOf: Readonly<Record<Source, string>> = { invoice: `asset:unbilled:${account}`, wallet: `liability:wallet:${account}:money` };

type Line = readonly [place: string, direction: 'debit' | 'credit'];

function postings(amount: string, ...lines: readonly Line[]) {
  return lines.map(([place, direction]) => ({ account: place, direction, amount, currency: 'EUR' }));
}

/** A month of television, which the terms sell for 29.90. */
export function month(amount: string, source: Source = 'invoice'): WrittenEvent {
  const fin = { amount, currency: 'EUR', product: 'tv', description: 'TV', source };
  return { type: 'ChargePosted/1', fin: { ...fin, postings: postings(amount, [placeOf[source], 'debit'], ['revenue:tv', 'credit']) } };
}

/** Minutes, which the price book sells for 0.10. */
export function call(usageRecord: string, minutes: number): WrittenEvent {
  const rating = { priceBook: { stream: prices, revision: '0' }, band: 'day', quantity: String(minutes) };
  const { type, fin } = month((minutes / 10).toFixed(2));
  return { type, fin: { ...fin, product: 'voice', description: 'voice', rating, usageRecord } };
}

/** Takes back what stands at a revision, by mirrored postings. */
export function reversal(revision: number, { type, fin }: WrittenEvent): WrittenEvent {
  const lines = fin['postings'] as readonly { readonly direction: string }[];
  const mirrored = lines.map((line) => ({ ...line, direction: line.direction === 'debit' ? 'credit' : 'debit' }));
  return { type: 'EntryReversed/1', fin: { ...naming(revision, type).fin, postings: mirrored } };
}

/** Takes back a charge that an invoice has: into the wallet. */
export function reversalToWallet(revision: number, { type, fin }: WrittenEvent): WrittenEvent {
  const lines = postings(String(fin['amount']), ['revenue:tv', 'debit'], [placeOf.wallet, 'credit']);
  return { type: 'EntryReversed/1', fin: { ...naming(revision, type).fin, postings: lines } };
}

const cycle = { from: '2026-06-01T00:00:00.000Z', until: '2026-07-01T00:00:00.000Z' };
const named = { account, terms: { hash: termsHash, stream: `demo.terms-${termsHash}`, revision: '0' }, offer: 'tv', cycle };

/** Television was not there for a day of June, by terms that promise 99.5 %. */
export function dayWithout(terms = named.terms): WrittenEvent {
  const period = { from: '2026-06-03T00:00:00.000Z', until: '2026-06-04T00:00:00.000Z' };
  return { type: 'OutageRecorded/1', fin: { ...named, terms, ...period, source: 'probe-7', evidence: `0x${'e'.repeat(64)}` } };
}

/** What these terms give for it is a tenth of the price, 2.99. */
export function creditFor(revision: number, amount: string, terms = named.terms): WrittenEvent {
  const measured = { outages: [String(revision)], downMs: '86400000', cycleMs: '2592000000', before: '0', price: '29.90' };
  const lines = postings(amount, ['revenue:tv', 'debit'], [`liability:wallet:${account}:sla`, 'credit']);
  const paid = { amount, currency: 'EUR', effectiveAt: '2026-06-05T00:00:00.000Z', postings: lines };
  return { type: 'SlaCredited/1', fin: { ...named, terms, ...measured, ...slaCredits[0], ...paid } };
}

/** An event that names a charge as taken back and gives nothing back. */
export function naming(revision: number, of = 'ChargePosted/1', type = 'EntryReversed/1'): WrittenEvent {
  return { type, fin: { reverses: { revision: String(revision), type: of } } };
}

export interface WrittenBill {
  /** From revision 1 on; the invoice closes what is charged here. */
  readonly closed: readonly WrittenEvent[];
  /** Behind the closing. */
  readonly later?: readonly WrittenEvent[];
  /** Which charges of `closed` the operator puts on the invoice. */
  readonly billed: readonly WrittenEvent[];
  /** First revision that the invoice says it is made of. */
  readonly from?: number;
  readonly usage?: ReadonlyMap<string, CountedUsage>;
  /** Is the opening of the account left out of the bundle? */
  readonly isPartial?: boolean;
}

export interface CheckedBill {
  readonly checks: BillChecks;
  readonly invoice: CheckedInvoice | undefined;
  readonly terms: TermsOutcome;
}

/** V9 and the terms over one written account; the leaf of revision n is n. */
export function checkedBill({ closed, later = [], billed, from = 1, usage, isPartial = false }: WrittenBill): CheckedBill {
  const { closing, document } = invoiceOf({ closed, billed, from });
  const opened = { type: 'AccountOpened/1', fin: { account } };
  const number = { type: 'NumberAssigned/1', fin: { invoice: document.fin['invoice'], series: 'main', number: 'INV-1' } };
  const bands = [{ band: 'day', product: 'voice', unit: 'minute', rate: '0.10' }];
  const published = { type: 'PriceBookPublished/1', fin: { currency: 'EUR', rounding: 'half-up', decimals: '2', bands } };
  const [issued] = leavesOf('demo.invoice-inv_1', [document], 1000) as [BillLeaf];
  const streams = new Map([
    [stream, leavesOf(stream, [opened, ...closed, closing, ...later], 0).slice(isPartial ? 1 : 0)],
    [issued.entry.stream, [issued]],
    ['demo.series-main', leavesOf('demo.series-main', [number], 1001)],
    [prices, leavesOf(prices, [published], -1)],
  ]);
  const checks = newBillChecks();
  const read = new BillPostings(checks, new Map([['EUR', scales]]));
  const invoice = checkInvoice(checks, { account, prefix: 'demo.', document: issued, streams, postings: read });
  return { checks, invoice, terms: checkTerms({ prefix: 'demo.', account, terms, usage, streams, postings: read }) };
}

const priced = { hash: termsHash, provider: 'demo', version: '1', slaCredits: [] };
const terms = [
  { ...priced, offer: 'tv', price: { amount: '29.90', currency: 'EUR', cycle: 'month' }, priceBooks: [], slaCredits },
  {
    ...priced,
    hash: `0x${'1'.repeat(64)}`,
    offer: 'voice',
    price: { amount: '0.10', currency: 'EUR', cycle: 'usage' },
    priceBooks: [`${prices}@0`],
  },
];

/** Closing and document whose lines and sums are right for the charges that are billed. */
function invoiceOf({ closed, billed, from }: Required<Pick<WrittenBill, 'closed' | 'billed' | 'from'>>) {
  const total = sumOf(billed);
  const shared = { invoice: 'inv_1', currency: 'EUR', series: 'main', dueOn: '2026-12-31' };
  const range = { fromRevision: String(from), toRevision: String(closed.length) };
  const moved = postings(total, [`asset:receivable:${account}`, 'debit'], [placeOf.invoice, 'credit']);
  const closing: WrittenEvent = {
    type: 'ChargesClosed/1',
    fin: { ...shared, ...range, net: total, payable: total, postings: moved },
  };
  const lines = [...Map.groupBy(billed, ({ fin }) => fin['product'])].map(([product, charges]) => {
    return { product, description: charges[0]?.fin['description'], count: String(charges.length), amount: sumOf(charges) };
  });
  const priceBooks = billed.some(({ fin }) => 'rating' in fin) ? [{ stream: prices, revision: '0' }] : [];
  const taxLines = [{ code: 'untaxed', net: total, payable: total }];
  const fin = { ...shared, account, number: 'INV-1', total, lines, charges: { stream, ...range }, priceBooks, taxLines };
  const document: WrittenEvent = { type: 'InvoiceIssued/1', fin };
  return { closing, document };
}

function sumOf(charges: readonly WrittenEvent[]): string {
  const sum = charges.reduce((all, { fin }) => all + (parseAmount(String(fin['amount']), scales) ?? 0n), 0n);
  return amountText(sum, scales);
}

function leavesOf(name: string, events: readonly WrittenEvent[], firstIndex: number): BillLeaf[] {
  const hashOf = (revision: number) => (revision < 0 ? noPrevious : `${name}@${revision}`);
  return events.map(({ type, fin }, revision) => ({
    index: firstIndex + revision,
    entry: {
      ...{ at: '2026-11-26T00:00:00.000Z', id: `${name}@${revision}`, meta: '', pay: '', prev: hashOf(revision - 1) },
      ...{ revision, revisionText: String(revision), stream: name, type },
    },
    ...{ hash: hashOf(revision), countsForNothing: false, fin },
  }));
}
