import { accountEvents, type ChargePosted, type ChargesClosed } from '../../accounts/domain/account.events.ts';
import { priceBookEvents } from '../../catalog/domain/catalog.events.ts';
import { type PriceVersion, priceVersionOf } from '../../catalog/domain/price-book.ts';
import { canonicalJson } from '../../event-store/domain/canonical-json.ts';
import type { Fin } from '../../event-store/domain/event-types.ts';
import type { BundledLeaf } from '../../integrity/application/proof-bundle.ts';
import { amountText } from '../../money/money.ts';
import { rateUsage } from '../../rating/domain/rate-usage.ts';
import type { InvoiceIssued } from '../domain/invoice.events.ts';
import { invoiceEvents } from '../domain/invoice.events.ts';
import { type AccountEntry, issueInvoice } from '../domain/invoice.ts';
import { chargesTakenBack } from '../domain/taken-back.ts';

/** A usage record as the customer has it, from whatever counted it. */
export interface OwnUsage {
  readonly usageRecord: string;
  readonly band: string;
  /** Decimal text in the band's unit. */
  readonly quantity: string;
}

export interface ReratedBill {
  /** Rated charges that were rated again. */
  readonly charges: number;
  /** Charges that were not: they were taken back before anybody was billed for them. */
  readonly takenBack: readonly string[];
  readonly invoices: readonly RederivedInvoice[];
  /** What is not the same, in words; none for a bill that is right. */
  readonly differences: readonly string[];
}

export interface RederivedInvoice {
  readonly invoice: string;
  readonly number: string;
  readonly currency: string;
  readonly total: string;
}

interface OpenedLeaf {
  readonly type: string;
  readonly stream: string;
  readonly revision: bigint;
  readonly fin: Fin;
}

/**
 * Computes a bill once more, by the operator's own published rules: the price versions that stand in the log, the usage that the charges
 * state (or that the customer counted), the rounding and the grouping of lines as this code has them. That the leaves are in the log is
 * another question, which the verifier answers.
 */
export function rerateBill(leaves: readonly BundledLeaf[], usage?: readonly OwnUsage[]): ReratedBill {
  const opened = leaves.flatMap((leaf) => openedLeaf(leaf) ?? []);
  const prices = new Map(opened.flatMap((leaf) => priceIn(leaf) ?? []));
  const own = opened.flatMap((leaf) => accountEntryIn(leaf) ?? []);
  const reversed = chargesTakenBack(own);
  const differences: string[] = [];
  const rated: ChargePosted[] = [];
  const takenBack: { readonly revision: bigint; readonly charge: ChargePosted }[] = [];
  const entries = own.map((entry): AccountEntry => {
    const { event, revision } = entry;
    if (event.type !== 'ChargePosted/1' || event.data.rating === undefined) return entry;
    if (reversed.has(revision)) {
      takenBack.push({ revision, charge: event.data });
      return entry;
    }
    const again = rerated(event.data, prices, usage);
    if (typeof again === 'string') differences.push(`${chargeName(event.data, revision)}: ${again}`);
    rated.push(event.data);
    return { revision, event: typeof again === 'string' ? event : { ...event, data: again } };
  });
  if (usage !== undefined)
    differences.push(
      ...uncharged(
        rated,
        takenBack.map(({ charge }) => charge),
        usage,
      ),
    );
  const closings = own.flatMap(({ stream, event }) => (event.type === 'ChargesClosed/1' ? [{ stream, closed: event.data }] : []));
  const issued = opened.flatMap((leaf) => invoiceEvents.read(leaf)?.data ?? []);
  const invoices = issued.map((document) => {
    const closing = closings.find(({ closed }) => closed.invoice === document.invoice);
    differences.push(...differencesOf(document, closing, entries));
    const { invoice, number, currency, total } = document;
    return { invoice, number, currency, total };
  });
  return { charges: rated.length, takenBack: takenBack.map(({ charge, revision }) => chargeName(charge, revision)), invoices, differences };
}

function openedLeaf({ entry, payload }: BundledLeaf): OpenedLeaf | undefined {
  if (payload === null) return undefined;
  const { type, stream, rev } = JSON.parse(Buffer.from(entry, 'base64').toString()) as Record<'type' | 'stream' | 'rev', string>;
  const { fin } = JSON.parse(Buffer.from(payload, 'base64').toString()) as { readonly fin: Fin };
  return { type, stream, revision: BigInt(rev), fin };
}

function accountEntryIn(leaf: OpenedLeaf): (AccountEntry & Pick<OpenedLeaf, 'stream'>) | undefined {
  const event = accountEvents.read(leaf);
  return event && { stream: leaf.stream, revision: leaf.revision, event };
}

function priceIn(leaf: OpenedLeaf): readonly [readonly [string, PriceVersion]] | undefined {
  const event = priceBookEvents.read(leaf);
  return event && [[`${leaf.stream}@${leaf.revision}`, priceVersionOf(leaf.stream, leaf.revision, event.data)]];
}

/** The charge as the rules make it, or why they do not make this one. */
function rerated(charge: ChargePosted, prices: ReadonlyMap<string, PriceVersion>, usage?: readonly OwnUsage[]): ChargePosted | string {
  const { rating } = charge;
  if (rating === undefined) return 'it was not rated';
  const price = prices.get(`${rating.priceBook.stream}@${rating.priceBook.revision}`);
  if (price === undefined) return 'its price version is not there';
  const own = usage?.find(({ usageRecord }) => usageRecord === charge.usageRecord);
  if (usage !== undefined && own === undefined) return 'the usage does not have this record';
  const again = rateUsage(price, own ?? rating);
  if ('code' in again) return `the published prices refuse it (${again.code})`;
  const recomputed = { amount: amountText(again.amount), currency: again.amount.currency, product: again.product, rating: again.trace };
  const { amount, currency, product } = charge;
  if (canonicalJson({ amount, currency, product, rating }) !== canonicalJson(recomputed))
    return `charged ${amount} ${currency}, the rules come to ${recomputed.amount} ${recomputed.currency}`;
  return { ...charge, ...recomputed };
}

function uncharged(rated: readonly ChargePosted[], takenBack: readonly ChargePosted[], usage: readonly OwnUsage[]): string[] {
  const charged = rated.map(({ usageRecord }) => usageRecord);
  const known = new Set([...charged, ...takenBack.map(({ usageRecord }) => usageRecord)]);
  const missing = usage.filter(({ usageRecord }) => !known.has(usageRecord));
  const doubled = charged.filter((record, place) => record !== undefined && charged.indexOf(record) !== place);
  return [
    ...missing.map(({ usageRecord }) => `usage record ${usageRecord} was not charged`),
    ...doubled.map((record) => `usage record ${record} was charged twice`),
  ];
}

/** The document is derived again from the closed charges and compared whole. */
function differencesOf(
  document: InvoiceIssued,
  closing: { readonly stream: string; readonly closed: ChargesClosed } | undefined,
  entries: readonly AccountEntry[],
): string[] {
  if (closing === undefined) return [`invoice ${document.number}: the closing of its charges is not there`];
  const { stream, closed } = closing;
  const [from, to] = [BigInt(closed.fromRevision), BigInt(closed.toRevision)];
  const range = entries.filter(({ revision }) => revision >= from && revision <= to);
  if (range.length !== Number(to - from) + 1) return [`invoice ${document.number}: not all of its events are there`];
  const { number, issuedAt } = document;
  try {
    const decision = issueInvoice({ status: 'none' }, { closed, stream, entries: range, number, issuedAt });
    const again = decision.kind === 'accepted' ? decision.events[0].data : undefined;
    return again !== undefined && canonicalJson(again) === canonicalJson(document)
      ? []
      : [`invoice ${number}: the rules come to another document`];
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return [`invoice ${number}: ${error.message}`];
  }
}

function chargeName({ usageRecord }: ChargePosted, revision: bigint): string {
  return `revision ${revision}${usageRecord === undefined ? '' : ` (usage record ${usageRecord})`}`;
}
