import { amountText, parseAmount } from '../fold/amount.ts';
import { canonicalTextOf, isObject } from '../log/canonical-json.ts';
import type { BillChecks } from './bill-checks.ts';
import type { BillLeaf, Fin } from './bill-leaf.ts';
import type { BillPostings } from './bill-postings.ts';
import { type BillStreams, checkStretch } from './bill-streams.ts';
import { type Charge, chargesIn, type InvoiceLine, isKnownAccountEvent, linesOfCharges } from './invoice-lines.ts';

/** An invoice that was checked against the events that it is made of. */
export interface CheckedInvoice {
  readonly invoice: string;
  readonly number: string;
  readonly currency: string;
  readonly total: string;
  readonly dueOn: string;
  readonly lines: readonly (InvoiceLine & { readonly leaves: readonly number[] })[];
  /** Its leaves, the charges included. */
  readonly lastLeaf: number;
}

export interface InvoiceSubject {
  readonly account: string;
  /** `<slug>.`, as every stream of the log begins. */
  readonly prefix: string;
  readonly document: BillLeaf;
  readonly streams: BillStreams;
  readonly postings: BillPostings;
}

/** Says what is wrong with the invoice; there is nothing to answer then. */
type Refuse = (message: string, evidence?: Readonly<Record<string, string>>) => undefined;

const revisionPattern = /^(0|[1-9][0-9]{0,14})$/;

/** V9 for one invoice: every line is the sum of the charges that it names, and the range that it is made of has no gap. */
export function checkInvoice(checks: BillChecks, subject: InvoiceSubject): CheckedInvoice | undefined {
  const { document } = subject;
  const refuse: Refuse = (message, evidence) => {
    checks.V9.invalid.add({ index: document.index, message, evidence });
    return undefined;
  };
  if (document.fin === undefined) return undefined;
  if (document.entry.type !== 'InvoiceIssued/1') {
    checks.V9.unverifiable.add({ index: document.index, message: `this verifier does not know ${document.entry.type}` });
    return undefined;
  }
  const read = readDocument(document.fin);
  if (read === undefined) return refuse('the invoice cannot be read');
  const range = rangeOf(checks, subject, read);
  return range && new InvoiceComparison(checks, subject, read, range, refuse).run();
}

interface Document {
  readonly fin: Fin;
  readonly invoice: string;
  readonly number: string;
  readonly currency: string;
  readonly total: string;
  readonly dueOn: string;
  readonly from: number;
  readonly to: number;
}

function readDocument(fin: Fin): Document | undefined {
  const { invoice, number, currency, total, dueOn } = fin;
  const charges = isObject(fin['charges']) ? fin['charges'] : {};
  const { fromRevision, toRevision } = charges;
  for (const text of [invoice, number, currency, total, dueOn]) if (typeof text !== 'string') return undefined;
  for (const revision of [fromRevision, toRevision]) if (typeof revision !== 'string' || !revisionPattern.test(revision)) return undefined;
  const texts = { invoice, number, currency, total, dueOn } as Record<'invoice' | 'number' | 'currency' | 'total' | 'dueOn', string>;
  return { fin, ...texts, from: Number(fromRevision), to: Number(toRevision) };
}

interface ClosedRange {
  readonly leaves: readonly BillLeaf[];
  readonly closing: BillLeaf;
}

/** The events of the account from the first charge to the closing, if none of them is missing. */
function rangeOf(checks: BillChecks, { account, prefix, streams }: InvoiceSubject, { from, to }: Document): ClosedRange | undefined {
  const stream = `${prefix}account-${account}`;
  const some = (streams.get(stream) ?? []).filter(({ entry }) => entry.revision >= from && entry.revision <= to + 1);
  const closing = some.at(-1);
  if (to < from || closing?.entry.revision !== to + 1) {
    checks.V5.unverifiable.add({ message: `revisions ${from} to ${to + 1} of ${stream} are not all in the bundle` });
    return undefined;
  }
  const isReadable = some.every(({ fin, countsForNothing }) => countsForNothing || fin !== undefined);
  return checkStretch(checks, stream, some, from) && isReadable ? { leaves: some.slice(0, -1), closing } : undefined;
}

class InvoiceComparison {
  readonly #checks: BillChecks;
  readonly #subject: InvoiceSubject;
  readonly #document: Document;
  readonly #range: ClosedRange;
  readonly #refuse: Refuse;

  constructor(checks: BillChecks, subject: InvoiceSubject, document: Document, range: ClosedRange, refuse: Refuse) {
    this.#checks = checks;
    this.#subject = subject;
    this.#document = document;
    this.#range = range;
    this.#refuse = refuse;
  }

  run(): CheckedInvoice | undefined {
    const { V9 } = this.#checks;
    const { currencies } = this.#subject.postings;
    const { invoice, number, currency, total, dueOn, fin } = this.#document;
    const scales = currencies.get(currency);
    if (scales === undefined) return this.#refuse(`the log knows no currency ${currency}`);
    this.#checkNames();
    const unknown = this.#range.leaves.find((leaf) => !isKnownAccountEvent(leaf) && this.#unbilledBy(leaf) !== 0n);
    if (unknown !== undefined) {
      V9.unverifiable.add({ index: unknown.index, message: `this verifier does not know ${unknown.entry.type}, which is charged` });
      return undefined;
    }
    const charges = chargesIn(this.#range.leaves, scales);
    if (charges.includes(undefined)) return this.#refuse('a charge of the range cannot be read');
    const readable = charges as Charge[];
    for (const { leaf, amount } of readable)
      if (this.#unbilledBy(leaf) !== amount)
        V9.invalid.add({ index: leaf.index, message: 'what the charge says is not what it posts to the account' });
    const summed = linesOfCharges(readable, scales);
    const lines = summed.map(({ line }) => line);
    if (canonicalTextOf(fin['lines']) !== canonicalTextOf(lines))
      this.#refuse('the lines are not the sums of the charges that the invoice names', {
        stated: canonicalTextOf(fin['lines']) ?? 'unreadable',
        recomputed: canonicalTextOf(lines) as string,
      });
    this.#checkSums(readable.reduce((sum, { amount }) => sum + amount, 0n));
    this.#checkPrices(readable);
    this.#checkNumber();
    const lastLeaf = Math.max(this.#subject.document.index, this.#range.closing.index);
    const shown = summed.map(({ line, charges: parts }) => ({ ...line, leaves: parts.map(({ leaf }) => leaf.index) }));
    return { invoice, number, currency, total, dueOn, lines: shown, lastLeaf };
  }

  /** The document, its stream and the closing speak of one invoice, one account and one range. */
  #checkNames(): void {
    const { account, prefix, document } = this.#subject;
    const { fin, invoice, currency, from, to } = this.#document;
    const { entry, fin: closed, countsForNothing } = this.#range.closing;
    const charges = fin['charges'] as Fin;
    const isOwn = fin['account'] === account && charges['stream'] === `${prefix}account-${account}`;
    if (!isOwn || document.entry.stream !== `${prefix}invoice-${invoice}` || document.entry.revision !== 0)
      this.#refuse('the invoice is not one of this account, or not the first event of its own stream');
    const isSame =
      entry.type === 'ChargesClosed/1' &&
      !countsForNothing &&
      closed?.['invoice'] === invoice &&
      closed['currency'] === currency &&
      closed['series'] === fin['series'] &&
      closed['dueOn'] === fin['dueOn'] &&
      closed['fromRevision'] === String(from) &&
      closed['toRevision'] === String(to);
    if (!isSame) this.#refuse('the account closed other charges than the invoice names');
  }

  /** Charges, closing, tax lines and total agree; the one rounding is half-up to the payable unit. */
  #checkSums(sum: bigint): void {
    const { fin, currency, total } = this.#document;
    const scales = this.#subject.postings.currencies.get(currency);
    const { net, payable } = this.#range.closing.fin ?? {};
    if (scales === undefined) return;
    const step = 10n ** BigInt(scales.ledgerScale - scales.payableScale);
    const rounded = ((sum * 2n + step) / (step * 2n)) * step;
    const expected = { net: amountText(sum, scales), payable: amountText(rounded, scales) };
    if (net !== expected.net || payable !== expected.payable || total !== expected.payable)
      this.#refuse('net and total are not the sum of the charges', {
        stated: `${String(net)}, ${String(payable)}, ${total}`,
        recomputed: `${expected.net}, ${expected.payable}`,
      });
    const taxLines = Array.isArray(fin['taxLines']) ? (fin['taxLines'] as readonly unknown[]) : [];
    const sumOf = (name: string) =>
      taxLines.reduce<bigint>((all, line) => all + ((isObject(line) ? parseAmount(String(line[name]), scales) : undefined) ?? 0n), 0n);
    if (amountText(sumOf('net'), scales) !== net || amountText(sumOf('payable'), scales) !== total)
      this.#refuse('the tax lines do not come to net and total');
    const { closing } = this.#range;
    if (-this.#unbilledBy(closing) !== sum || this.#postedBy(closing, 'asset:receivable') !== rounded)
      this.#refuse('the closing does not post what the charges come to');
  }

  /** Each price version that a charge names is named by the invoice, and stands in the log before the charge. */
  #checkPrices(charges: readonly Charge[]): void {
    const { fin } = this.#document;
    const named = (Array.isArray(fin['priceBooks']) ? fin['priceBooks'] : []) as readonly unknown[];
    const stated = named.map((book) => (isObject(book) ? `${String(book['stream'])}@${String(book['revision'])}` : ''));
    const used = new Map(
      charges.toReversed().flatMap((charge) => (charge.priceBook === undefined ? [] : [[charge.priceBook, charge] as const])),
    );
    if (stated.toSorted().join() !== [...used.keys()].toSorted().join())
      this.#refuse('the price versions of the invoice are not those of its charges');
    for (const [place, { leaf }] of used) {
      const at = place.lastIndexOf('@');
      const versions = this.#subject.streams.get(place.slice(0, at)) ?? [];
      const version = versions.find(({ entry }) => entry.revisionText === place.slice(at + 1));
      if (version === undefined) this.#checks.V9.unverifiable.add({ message: `price version ${place} is not in the bundle` });
      else if (version.entry.type !== 'PriceBookPublished/1' || version.countsForNothing || version.index > leaf.index)
        this.#checks.V9.invalid.add({ index: leaf.index, message: `${place} is no price version that was published before the charge` });
    }
  }

  /** The series gave this number to this invoice. */
  #checkNumber(): void {
    const { prefix, streams } = this.#subject;
    const { invoice, number, fin } = this.#document;
    const series = streams.get(`${prefix}series-${String(fin['series'])}`) ?? [];
    const assigned = series.filter(({ entry, countsForNothing }) => entry.type === 'NumberAssigned/1' && !countsForNothing);
    const ours = assigned.find((leaf) => leaf.fin?.['invoice'] === invoice);
    if (ours === undefined) this.#checks.V9.unverifiable.add({ message: `the event that numbered ${invoice} is not in the bundle` });
    else if (ours.fin?.['number'] !== number || ours.fin['series'] !== fin['series'])
      this.#refuse('the series gave the invoice another number');
  }

  /** What an event adds to the charges that wait for an invoice. */
  #unbilledBy(leaf: BillLeaf): bigint {
    return this.#postedBy(leaf, 'asset:unbilled');
  }

  /** What an event posts to one place of the account in the currency of the invoice. */
  #postedBy(leaf: BillLeaf, place: string): bigint {
    const { account, postings } = this.#subject;
    return postings
      .of(leaf)
      .filter((posting) => posting.account === `${place}:${account}` && posting.currency === this.#document.currency)
      .reduce((sum, { amount }) => sum + amount, 0n);
  }
}
