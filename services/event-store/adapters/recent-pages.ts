import type { Head, StoredEvent } from '../domain/event-store.ts';
import type { LogPages } from './paging-subscription.ts';

const eventsMax = 4096;
const bytesMax = 16 * 1_048_576;

/**
 * The tip of the log, read once for all subscriptions of a process: they follow each other within milliseconds. Right because the log
 * only grows at its end: what was read after a position is what follows it, for ever. Every reader gets the same event objects.
 */
export class RecentPages implements LogPages {
  readonly #source: LogPages;
  /** Reads under way, by the position after which they begin and their limit. */
  readonly #reading = new Map<string, Promise<readonly StoredEvent[]>>();
  /** The last events read, without a gap; the first one follows `#after`. */
  #events: StoredEvent[] = [];
  #after = 0n;
  #bytes = 0;

  constructor(source: LogPages) {
    this.#source = source;
  }

  /** Position of the newest event that is kept, or the one behind which the next is expected. */
  get end(): bigint {
    return this.#events.at(-1)?.position ?? this.#after;
  }

  head(): Promise<Head> {
    return this.#source.head();
  }

  /**
   * Takes in all that follows a position up to the page's last event, in order, as far as it is not kept already. For an engine that
   * tells of new events by itself.
   */
  keep(after: bigint, page: readonly StoredEvent[]): void {
    if ((page.at(-1)?.position ?? 0n) <= this.end) return;
    if (after > this.end) this.clear(after);
    for (const event of after < this.end ? page.slice(firstAfter(page, this.end)) : page) {
      this.#events.push(event);
      this.#bytes += sizeOf(event);
    }
    this.#trim();
  }

  /** Forgets everything; the next event to be kept is the one that follows a position. */
  clear(after = 0n): void {
    this.#events = [];
    this.#after = after;
    this.#bytes = 0;
  }

  async pageAfter(position: bigint, limit: number): Promise<readonly StoredEvent[]> {
    const kept = this.#keptAfter(position, limit);
    return kept.length > 0 ? kept : this.#read(position, limit);
  }

  #read(after: bigint, limit: number): Promise<readonly StoredEvent[]> {
    const key = `${after} ${limit}`;
    let reading = this.#reading.get(key);
    if (reading === undefined) {
      reading = this.#source.pageAfter(after, limit).then((page) => {
        this.keep(after, page);
        return page;
      });
      const forget = () => this.#reading.delete(key);
      reading.then(forget, () => {
        forget();
        this.clear(); // The connection is lost: what answers next may be another log.
      });
      this.#reading.set(key, reading);
    }
    return reading;
  }

  #keptAfter(position: bigint, limit: number): StoredEvent[] {
    if (position < this.#after) return [];
    const first = firstAfter(this.#events, position);
    return this.#events.slice(first, first + limit);
  }

  #trim(): void {
    let first = 0;
    while (this.#events.length - first > eventsMax || (this.#bytes > bytesMax && first < this.#events.length)) {
      const event = this.#events[first++] as StoredEvent;
      this.#after = event.position;
      this.#bytes -= sizeOf(event);
    }
    if (first > 0) this.#events = this.#events.slice(first);
  }
}

/** Index of the first event behind a position, by halving. */
function firstAfter(events: readonly StoredEvent[], position: bigint): number {
  let low = 0;
  let high = events.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((events[middle] as StoredEvent).position <= position) low = middle + 1;
    else high = middle;
  }
  return low;
}

function sizeOf({ data, metadata }: StoredEvent): number {
  return data.length + (metadata?.length ?? 0);
}
