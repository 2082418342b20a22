import { Inject, Injectable } from '@nestjs/common';
import type { Anchor } from '../../services/integrity/application/anchor-store.ts';
import type { LeafRow } from '../../services/integrity/application/leaf-store.ts';
import { LOG_INDEX, type LogIndex } from '../../services/integrity/application/log-index.ts';
import { LogQuery } from '../../services/integrity/application/log-query.ts';
import type { SearchTerm } from '../../services/integrity/domain/search-term.ts';
import type { PublishedHead, TreeHead } from '../../services/integrity/domain/tree-head.ts';
import { type LedgerPlace, LedgerPlacesQuery } from '../account-balances/ledger-places.query.ts';
import { InvoicesQuery } from '../invoices/invoices.query.ts';
import { type JournalAsked, JournalQuery } from '../journal/journal.query.ts';
import type { Found, Match, SearchPage } from './search-results.ts';

export interface SearchAsked {
  readonly log: string;
  readonly term: SearchTerm;
  /** Nothing beyond it is shown. */
  readonly head: PublishedHead;
  /** Whether the reader may see stream, type and id of leaves. Without, no entry is found. */
  readonly entries: boolean;
  /** Whether the reader may see what leaves commit to. Without, a term that stands in payloads alone finds nothing. */
  readonly payloads: boolean;
  /** Key of the page's first row: a revision of a stream, or a position of the event store. */
  readonly from?: bigint | undefined;
  readonly limit: number;
}

/** Whether a term may find more than a page: the leaves of a stream or of an account. */
export function isPaged({ by }: SearchTerm): boolean {
  return ['stream', 'account', 'ledger_account', 'hash'].includes(by);
}

/** Whether a term stands in payloads, and nowhere in what is public. */
export function isPrivate({ by }: SearchTerm): boolean {
  return ['invoice_number', 'account', 'ledger_account'].includes(by);
}

/** Whether a term names entries, and nothing else. */
export function isOfEntries({ by }: SearchTerm): boolean {
  return ['event_id', 'place', 'stream'].includes(by);
}

/** Finds entries, invoices, accounts, anchors and heads of a log by whatever names one of them. */
@Injectable()
export class LogSearch {
  readonly #query: LogQuery;
  readonly #index: LogIndex;
  readonly #invoices: InvoicesQuery;
  readonly #places: LedgerPlacesQuery;
  readonly #journal: JournalQuery;

  constructor(
    @Inject(LogQuery) query: LogQuery,
    @Inject(LOG_INDEX) index: LogIndex,
    @Inject(InvoicesQuery) invoices: InvoicesQuery,
    @Inject(LedgerPlacesQuery) places: LedgerPlacesQuery,
    @Inject(JournalQuery) journal: JournalQuery,
  ) {
    this.#query = query;
    this.#index = index;
    this.#invoices = invoices;
    this.#places = places;
    this.#journal = journal;
  }

  async find(asked: SearchAsked): Promise<SearchPage> {
    const { term, entries, payloads } = asked;
    if ((isPrivate(term) && !payloads) || (isOfEntries(term) && !entries)) return nothing;
    const page = await this.#find(asked);
    return entries ? page : { ...page, results: page.results.filter(({ kind }) => kind !== 'entry'), isBehind: false };
  }

  #find(asked: SearchAsked): Promise<SearchPage> {
    const { log, term } = asked;
    switch (term.by) {
      case 'event_id':
        return this.#entry(asked, 'event_id', this.#query.find(log, { event: term.eventId }));
      case 'place':
        return this.#entry(asked, 'place', this.#query.find(log, term));
      case 'stream':
        return this.#stream(asked, term.stream);
      case 'number':
        return this.#number(asked, term.number);
      case 'hash':
        return this.#hash(asked, term);
      case 'invoice_number':
        return this.#invoice(asked, term.number);
      case 'account':
        return this.#account(asked, 'account', this.#places.ofAccount(log, term.account), { account: term.account });
      case 'ledger_account': {
        const { ledgerAccount } = term;
        return this.#account(asked, 'ledger_account', this.#places.ofLedgerAccount(log, ledgerAccount), { ledgerAccount });
      }
    }
  }

  async #entry({ head }: SearchAsked, matched: Match, found: Promise<LeafRow | undefined>): Promise<SearchPage> {
    const leaf = await found;
    return leaf === undefined ? nothing : pageOf(entriesOf([leaf], matched, head), { isBehind: leaf.index >= head.size });
  }

  async #stream({ log, head, from = 0n, limit }: SearchAsked, stream: string): Promise<SearchPage> {
    const last = from + BigInt(limit);
    const leaves = await this.#query.leavesOfStream(log, stream, from, last > revisionMax ? revisionMax : last);
    const results = entriesOf(leaves.slice(0, limit), 'stream', head);
    const following = leaves[limit];
    const isCovered = following !== undefined && following.index < head.size;
    return pageOf(results, { isBehind: leaves.length > 0, ...(isCovered && { next: following.revision.toString() }) });
  }

  async #number({ log, head }: SearchAsked, number: bigint): Promise<SearchPage> {
    const [leaf, anchors, committed] = await Promise.all([
      this.#index.leafAt(log, number),
      this.#index.anchorsOfSize(log, number),
      this.#index.committedHeadOfSize(log, number),
    ]);
    const heads = number === head.size ? [head] : committed ? [committed] : [];
    const entries = leaf === undefined ? [] : entriesOf([leaf], 'index', head);
    const results = [...entries, ...headsOf(heads, 'size', head), ...anchorsOf(anchors, 'size', head)];
    return pageOf(results, { isBehind: leaf !== undefined });
  }

  async #hash(asked: SearchAsked, { hash, mayBeTransaction }: Extract<SearchTerm, { by: 'hash' }>): Promise<SearchPage> {
    const { log, head, payloads } = asked;
    const bytes = Buffer.from(hash, 'hex');
    const [leaf, sent, anchored, committed, place] = await Promise.all([
      this.#index.leafByHash(log, bytes),
      mayBeTransaction ? this.#index.anchorsByTransaction(log, `0x${hash}`) : [],
      this.#index.anchorsOfRoot(log, bytes),
      this.#index.committedHeadOfRoot(log, bytes),
      payloads ? this.#places.ofStateKey(log, bytes) : undefined,
    ]);
    // Nothing else can have the same hash.
    if (place !== undefined) return this.#account(asked, 'account_hash', [place], { ledgerAccount: place.ledgerAccount });
    const heads = head.root.equals(bytes) ? [head] : committed ? [committed] : [];
    const results = [
      ...(leaf === undefined ? [] : entriesOf([leaf], 'leaf_hash', head)),
      ...headsOf(heads, 'root', head),
      ...anchorsOf(sent, 'transaction', head),
      ...anchorsOf(anchored, 'root', head),
    ];
    return pageOf(results, { isBehind: leaf !== undefined });
  }

  async #invoice({ log, head }: SearchAsked, number: string): Promise<SearchPage> {
    const found = await this.#invoices.numbered(log, number);
    const leaves = await this.#index.leavesOfEvents(
      log,
      found.flatMap(({ document }) => document?.eventId ?? []),
    );
    const results = found.flatMap((invoice): Found[] => {
      const leaf = leaves.find(({ eventId }) => eventId === invoice.document?.eventId);
      return leaf === undefined || leaf.index >= head.size ? [] : [{ kind: 'invoice', matched: 'invoice_number', invoice, leaf }];
    });
    const begin = found.length === results.length ? 0n : await this.#begin(log);
    // What was issued before the log began is in one that it goes on with.
    return pageOf(results, { isBehind: found.some(({ document }) => document === undefined || BigInt(document.position) >= begin) });
  }

  /** Position of the genesis: no event before it is a leaf of this log. */
  async #begin(log: string): Promise<bigint> {
    return (await this.#index.leafAt(log, 0n))?.position ?? 0n;
  }

  /** The places on the first page, then the leaves that post to them. */
  async #account(
    { log, head, from, limit }: SearchAsked,
    matched: Match,
    found: Promise<readonly LedgerPlace[]> | readonly LedgerPlace[],
    of: Pick<JournalAsked, 'account' | 'ledgerAccount'>,
  ): Promise<SearchPage> {
    const places = await found;
    if (places.length === 0) return nothing;
    const begin = await this.#begin(log);
    const position = from !== undefined && from > begin ? from : begin;
    const { lines, next } = await this.#journal.page(log, { ...of, from: { position, line: 0 }, limit });
    const last = lines.at(-1)?.key.position;
    // An event that posts more than once is not cut in two.
    const isCut = next !== undefined && next.position === last && lines[0]?.key.position !== last;
    const whole = isCut ? lines.filter(({ key }) => key.position !== last) : lines;
    const events = new Set(whole.map(({ eventId }) => eventId));
    const entries = entriesOf(await this.#index.leavesOfEvents(log, [...events]), matched, head);
    // What follows is not covered by the head either: leaves are in the order of the event store.
    const isAtHead = entries.length < events.size;
    const following = next !== undefined && next.position === last && !isCut ? next.position + 1n : next?.position;
    const accounts = from === undefined ? places.map((place): Found => ({ kind: 'account', matched, place })) : [];
    return pageOf([...accounts, ...entries], {
      isBehind: isAtHead,
      ...(following !== undefined && !isAtHead && { next: following.toString() }),
    });
  }
}

const revisionMax = 2n ** 63n - 1n;
const nothing: SearchPage = { results: [], next: undefined, isBehind: false };

function pageOf(results: readonly Found[], { isBehind, next }: { readonly isBehind: boolean; readonly next?: string }): SearchPage {
  return { results, next, isBehind };
}

function entriesOf(leaves: readonly LeafRow[], matched: Match, head: TreeHead): Found[] {
  return leaves.filter(({ index }) => index < head.size).map((leaf) => ({ kind: 'entry', matched, leaf }));
}

function headsOf(heads: readonly TreeHead[], matched: Match, published: TreeHead): Found[] {
  return heads.filter(({ size }) => size <= published.size).map((head) => ({ kind: 'head', matched, head }));
}

function anchorsOf(anchors: readonly Anchor[], matched: Match, published: TreeHead): Found[] {
  return anchors.filter(({ size }) => size <= published.size).map((anchor) => ({ kind: 'anchor', matched, anchor }));
}
