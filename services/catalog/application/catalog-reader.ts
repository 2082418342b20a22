import { knownEventOf } from '../../commands/application/live-aggregate.ts';
import type { EventStore, StoredEvent } from '../../event-store/domain/event-store.ts';
import { StreamNotFoundFault } from '../../event-store/domain/faults.ts';
import { streamName } from '../../event-store/domain/stream-name.ts';
import type { TitleCancelled, TitleListed } from '../domain/catalog.events.ts';
import { priceBook, type PriceVersion, priceVersionOf } from '../domain/price-book.ts';
import { title } from '../domain/title.ts';

/** A listed title with the place of the event that listed it. */
export interface TitleVersion {
  readonly stream: string;
  readonly revision: bigint;
  readonly listed: TitleListed;
  /** Its event does not take place. */
  readonly cancelled?: TitleCancelled;
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
    return event && priceVersionOf(event.stream, event.revision, knownEventOf(priceBook, event).event.data);
  }

  async title(provider: string, id: string): Promise<TitleVersion | undefined> {
    const head = await this.#head(titleStream(provider, id));
    if (head === undefined) return undefined;
    const last = knownEventOf(title, head).event;
    if (last.type === 'TitleListed/1') return { stream: head.stream, revision: head.revision, listed: last.data };
    for await (const stored of this.#store.readStream(head.stream, { maxCount: 1 })) {
      const first = knownEventOf(title, stored).event;
      if (first.type === 'TitleListed/1') {
        return { stream: stored.stream, revision: stored.revision, listed: first.data, cancelled: last.data };
      }
    }
    throw new RangeError(`${head.stream} does not begin with its listing.`);
  }

  /** Whether the event of a title was called off by now, whatever was read before. */
  async cancellation(provider: string, id: string): Promise<TitleCancelled | undefined> {
    this.forget(titleStream(provider, id));
    return (await this.title(provider, id))?.cancelled;
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
