import type { EventStore, StoredEvent } from '../../event-store/domain/event-store.ts';
import { StreamNotFoundFault } from '../../event-store/domain/faults.ts';
import { ledgerEventOf } from '../../event-store/domain/ledger-event.ts';
import { streamName } from '../../event-store/domain/stream-name.ts';
import type { PriceBookPublished, TitleListed } from '../domain/catalog.events.ts';
import { type PriceVersion, priceVersionOf } from '../domain/price-book.ts';

/** A listed title with the place of the event that listed it. */
export interface TitleVersion {
  readonly stream: string;
  readonly revision: bigint;
  readonly listed: TitleListed;
}

interface Cached {
  readonly readAtMs: number;
  readonly event: StoredEvent | undefined;
}

/** A version published by another process is in force here within this time; one published here, at once. */
const staleMsMax = 1_000;
const cacheSizeMax = 10_000;

/** The versioned inputs of a charge, straight from their own streams. */
export class CatalogReader {
  readonly #store: EventStore;
  readonly #heads = new Map<string, Cached>();

  constructor(store: EventStore) {
    this.#store = store;
  }

  /** The version in force, or undefined for a price book that the provider does not have. */
  async priceVersion(provider: string, id: string): Promise<PriceVersion | undefined> {
    const event = await this.#head(priceBookStream(provider, id));
    const published = event && ledgerEventOf(event)?.fin;
    return event && published && priceVersionOf(event.stream, event.revision, published as unknown as PriceBookPublished);
  }

  async title(provider: string, id: string): Promise<TitleVersion | undefined> {
    const event = await this.#head(titleStream(provider, id));
    const listed = event && ledgerEventOf(event)?.fin;
    return event && listed && { stream: event.stream, revision: event.revision, listed: listed as unknown as TitleListed };
  }

  /** To be called after a publication by this process. */
  forget(stream: string): void {
    this.#heads.delete(stream);
  }

  async #head(stream: string): Promise<StoredEvent | undefined> {
    const cached = this.#heads.get(stream);
    if (cached !== undefined && performance.now() - cached.readAtMs < staleMsMax) return cached.event;
    const readAtMs = performance.now();
    const event = await this.#readHead(stream);
    if (this.#heads.size >= cacheSizeMax) this.#heads.clear();
    if (event !== undefined) this.#heads.set(stream, { readAtMs, event });
    return event;
  }

  async #readHead(stream: string): Promise<StoredEvent | undefined> {
    try {
      for await (const event of this.#store.readStream(stream, { direction: 'backwards', maxCount: 1 })) return event;
    } catch (error) {
      if (!(error instanceof StreamNotFoundFault)) throw error;
    }
    return undefined;
  }
}

export function priceBookStream(provider: string, id: string): string {
  return streamName({ slug: provider, kind: 'pricebook', id });
}

export function titleStream(provider: string, id: string): string {
  return streamName({ slug: provider, kind: 'title', id });
}
