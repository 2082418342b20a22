import type { ChargePosted, ChargesClosed } from '../../accounts/domain/account.events.ts';
import { accountStream } from '../../accounts/application/account-command.ts';
import { ledgerAccount } from '../../accounts/domain/chart.ts';
import type { EventStore } from '../../event-store/domain/event-store.ts';
import { StreamNotFoundFault } from '../../event-store/domain/faults.ts';
import { type LedgerEvent, ledgerEventOf } from '../../event-store/domain/ledger-event.ts';
import { streamName } from '../../event-store/domain/stream-name.ts';
import type { ProofBundle } from '../../integrity/application/proof-bundle.ts';
import type { ProofBundles, StreamRange } from '../../integrity/application/proof-bundles.ts';
import type { Posting } from '../../money/posting.ts';
import type { InvoiceIssued, NumberAssigned } from '../domain/invoice.events.ts';
import { numberRevision } from '../domain/series.ts';

/** `not found`: the provider has no such account or invoice. `not yet`: no published head and commitment cover all of it. */
export type BillBundle = ProofBundle | 'not found' | 'not yet';

/** What a customer checks alone: a whole account with its invoices, or one invoice with its charges. Nobody else's data is in it. */
export class BillBundles {
  readonly #store: EventStore;
  readonly #bundles: ProofBundles;

  constructor(store: EventStore, bundles: ProofBundles) {
    this.#store = store;
    this.#bundles = bundles;
  }

  /** The account from its first event on, as far as a published head covers it. */
  async ofAccount(provider: string, account: string): Promise<BillBundle> {
    const stream = accountStream(provider, account);
    const { events, last } = await this.#read({ stream, fromRevision: 0n });
    if (last === undefined) return 'not found';
    const issued = await Promise.all(closingsIn(events).map((closed) => this.#issued(provider, closed.invoice)));
    const documents = await Promise.all(issued.flatMap((document) => (document ? [this.#documentRanges(provider, document)] : [])));
    return this.#build({
      ...{ provider, account, events },
      ranges: [{ stream, fromRevision: 0n, toRevision: last }, ...documents.flat(), ...priceBooksIn(events)],
      whenUncovered: 'leave out',
    });
  }

  /**
   * One issued invoice: the charges of its range, their closing, its number, the document, the prices. `isFor` tells by the account that it
   * belongs to whether it is there for whoever asks.
   */
  async ofInvoice(provider: string, invoice: string, isFor: (account: string) => boolean = () => true): Promise<BillBundle> {
    const document = await this.#issued(provider, invoice);
    if (document === undefined || !isFor(document.account)) return 'not found';
    const { account, charges } = document;
    // The closing stands behind the last revision that it closes.
    const range = { stream: charges.stream, fromRevision: BigInt(charges.fromRevision), toRevision: BigInt(charges.toRevision) + 1n };
    const { events } = await this.#read(range);
    return this.#build({
      ...{ provider, account, invoice, events },
      ranges: [range, ...(await this.#documentRanges(provider, document)), ...priceBooksIn(events)],
      whenUncovered: 'no bundle',
    });
  }

  async #build({
    provider,
    account,
    invoice,
    events,
    ranges,
    whenUncovered,
  }: {
    readonly provider: string;
    readonly account: string;
    readonly invoice?: string;
    readonly events: readonly LedgerEvent[];
    readonly ranges: readonly StreamRange[];
    readonly whenUncovered: 'leave out' | 'no bundle';
  }): Promise<BillBundle> {
    const subject = { log: provider, account, ...(invoice !== undefined && { invoice }), ranges, whenUncovered };
    return (await this.#bundles.build({ ...subject, places: placesOf(account, events) })) ?? 'not yet';
  }

  async #issued(provider: string, invoice: string): Promise<InvoiceIssued | undefined> {
    const { events } = await this.#read({ stream: invoiceStream(provider, invoice), fromRevision: 0n, toRevision: 0n });
    return events.find(({ type }) => type === 'InvoiceIssued/1')?.fin as unknown as InvoiceIssued | undefined;
  }

  /** The document and the event that gave it its number. */
  async #documentRanges(provider: string, { invoice, number, series }: InvoiceIssued): Promise<StreamRange[]> {
    const document = onlyRevision(invoiceStream(provider, invoice), 0n);
    const revision = numberRevision(number);
    if (revision === undefined) return [document];
    const assigned = onlyRevision(streamName({ slug: provider, kind: 'series', id: series }), revision);
    const { events } = await this.#read(assigned);
    const isOurs = events.some(({ type, fin }) => type === 'NumberAssigned/1' && (fin as unknown as NumberAssigned).invoice === invoice);
    // Whatever else stands there is not this customer's.
    return isOurs ? [document, assigned] : [document];
  }

  /** The well-formed events of a range, and the revision of the last event of any form. */
  async #read({ stream, fromRevision, toRevision }: Omit<StreamRange, 'toRevision'> & { readonly toRevision?: bigint }) {
    const events: LedgerEvent[] = [];
    let last: bigint | undefined;
    const maxCount = toRevision === undefined ? undefined : Number(toRevision - fromRevision) + 1;
    try {
      for await (const stored of this.#store.readStream(stream, { fromRevision, ...(maxCount !== undefined && { maxCount }) })) {
        const event = ledgerEventOf(stored);
        if (event !== undefined) events.push(event);
        last = stored.revision;
      }
    } catch (error) {
      if (!(error instanceof StreamNotFoundFault)) throw error;
    }
    return { events, last };
  }
}

function invoiceStream(provider: string, invoice: string): string {
  return streamName({ slug: provider, kind: 'invoice', id: invoice });
}

function onlyRevision(stream: string, revision: bigint): StreamRange {
  return { stream, fromRevision: revision, toRevision: revision };
}

function closingsIn(events: readonly LedgerEvent[]): ChargesClosed[] {
  return events.filter(({ type }) => type === 'ChargesClosed/1').map(({ fin }) => fin as unknown as ChargesClosed);
}

/** Every price version that a charge names, once. */
function priceBooksIn(events: readonly LedgerEvent[]): StreamRange[] {
  const versions = new Map<string, StreamRange>();
  for (const { type, fin } of events) {
    const { rating } = type === 'ChargePosted/1' ? (fin as unknown as ChargePosted) : {};
    if (rating === undefined) continue;
    const { stream, revision } = rating.priceBook;
    versions.set(`${stream}@${revision}`, onlyRevision(stream, BigInt(revision)));
  }
  return [...versions.values()];
}

/** Where the customer's money stands: always the three places of the chart, so that an empty one is proven to be empty. */
function placesOf(account: string, events: readonly LedgerEvent[]) {
  const currencies = new Set(events.map(({ fin }) => fin['currency']).filter((currency) => typeof currency === 'string'));
  const posted = events.flatMap(({ fin }) => (fin['postings'] ?? []) as readonly Posting[]);
  const chart = [ledgerAccount.receivable(account), ledgerAccount.unbilled(account), ledgerAccount.wallet(account)];
  const own = posted.map((line) => line.account).filter((name) => name.split(':').includes(account));
  return [...currencies].flatMap((currency) => [...new Set([...chart, ...own])].map((name) => ({ account: name, currency })));
}
