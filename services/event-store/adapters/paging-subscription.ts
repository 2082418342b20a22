import { setTimeout as sleep } from 'node:timers/promises';
import { passes } from '../domain/event-filter.ts';
import type { Head, StoredEvent, SubscribeAllOptions, Subscription } from '../domain/event-store.ts';
import { PositionBeyondHeadFault, StoreFault } from '../domain/faults.ts';
import type { CommitSignal } from './commit-signal.ts';

/** What a subscription by paging needs of a log. */
export interface LogPages {
  head(): Promise<Head>;
  /** The next events after a position, in log order, at most `limit`. None only at the end of the log. */
  pageAfter(position: bigint, limit: number): Promise<readonly StoredEvent[]>;
}

export interface PagingSettings {
  readonly signal: CommitSignal;
  /** How long an append of another process may stay unseen. */
  readonly pollMs: number;
  /** Shortest time between two reads at the end of the log: a reader takes many small commits at once. */
  readonly readIntervalMsMin: number;
  /** The same while each read finds many events: then writers need the machine more than readers need to be quick. */
  readonly readIntervalMsBusy: number;
}

const batchSizeDefault = 1000;
const eventsWhenBusy = 16;
const retryDelayMsMin = 100;
const retryDelayMsMax = 5000;

/**
 * A subscription that reads page after page and waits at the end of the log. It holds at most two pages: the one in hand and the
 * next, which is read while the reader works. A lost connection is retried from the last handled event for as long as it takes.
 */
export class PagingSubscription implements Subscription {
  readonly stopped: Promise<void>;
  readonly #pages: LogPages;
  readonly #settings: PagingSettings;
  readonly #options: SubscribeAllOptions;
  readonly #limit: number;
  readonly #abort = new AbortController();
  #state: Subscription['state'] = 'catching_up';
  /** Everything up to here is handled. */
  #cursor = 0n;
  /** Head when the subscription began: behind it we are catching up. */
  #goal = 0n;
  #storeId: string | undefined;
  #isCaughtUp = false;
  #retryDelayMs = retryDelayMsMin;
  /** Events of the last page that was not empty. */
  #pageLength = 0;

  constructor(pages: LogPages, options: SubscribeAllOptions, settings: PagingSettings) {
    this.#pages = pages;
    this.#options = options;
    this.#settings = settings;
    this.#limit = options.batchSizeMax ?? batchSizeDefault;
    this.stopped = this.#run().finally(() => (this.#state = 'stopped'));
  }

  get state(): Subscription['state'] {
    return this.#state;
  }

  async unsubscribe(): Promise<void> {
    this.#abort.abort();
    const ended = new AbortController();
    // A handler that never returns, or that unsubscribes itself, must not hold the caller.
    await Promise.race([this.stopped.catch(() => undefined), sleep(1000, undefined, { signal: ended.signal }).catch(() => undefined)]);
    ended.abort();
  }

  async #run(): Promise<void> {
    await this.#retrying(() => this.#begin());
    let next: Promise<readonly StoredEvent[]> | undefined;
    this.#noticeCaughtUp();
    while (!this.#abort.signal.aborted) {
      const seen = this.#settings.signal.commits;
      const readAt = performance.now();
      const page = await this.#retrying(
        () => next ?? this.#pages.pageAfter(this.#cursor, this.#limit),
        () => (next = undefined),
      );
      next = undefined;
      if (this.#abort.signal.aborted || page === undefined) return;
      const last = page.at(-1);
      if (last === undefined) await this.#settings.signal.wait(seen, this.#settings.pollMs, this.#abort.signal);
      else {
        this.#pageLength = page.length;
        if (page.length >= this.#limit) next = this.#readAhead(last.position);
        await this.#deliver(page, last.position);
      }
      this.#noticeCaughtUp();
      if (next === undefined && this.#isCaughtUp) await this.#pause(readAt);
    }
  }

  /** Finds the place to begin at, or to go on at after a lost connection. Throws when the log ends before it. */
  async #begin(): Promise<void> {
    const head = await this.#pages.head();
    const { from } = this.#options;
    if (this.#storeId === undefined) {
      this.#cursor = from === 'start' ? 0n : from === 'end' ? head.position : from.after;
      this.#goal = head.position;
    }
    if (this.#cursor > head.position || (this.#storeId ?? head.storeId) !== head.storeId) {
      throw new PositionBeyondHeadFault(
        `The reader is at ${this.#cursor} of store ${this.#storeId ?? head.storeId}, but ${head.storeId} ends at ${head.position}.`,
      );
    }
    this.#storeId = head.storeId;
  }

  #readAhead(after: bigint): Promise<readonly StoredEvent[]> {
    const page = this.#pages.pageAfter(after, this.#limit);
    page.then(
      (events) => this.#options.readAhead?.(this.#filtered(events)),
      () => undefined, // Met by the loop, which awaits it; the reader may still be at work when it fails.
    );
    return page;
  }

  async #deliver(page: readonly StoredEvent[], checkpoint: bigint): Promise<void> {
    await this.#options.handle({ events: this.#filtered(page), checkpoint });
    this.#cursor = checkpoint;
  }

  #filtered(page: readonly StoredEvent[]): readonly StoredEvent[] {
    return page.filter((event) => passes(this.#options.filter, event));
  }

  #noticeCaughtUp(): void {
    if (this.#isCaughtUp || this.#cursor < this.#goal || this.#abort.signal.aborted) return;
    this.#isCaughtUp = true;
    this.#state = 'live';
    this.#options.caughtUp?.();
  }

  /** Keeps reads near the end of the log apart. */
  async #pause(readAt: number): Promise<void> {
    const { readIntervalMsMin, readIntervalMsBusy } = this.#settings;
    const interval = this.#pageLength < eventsWhenBusy ? readIntervalMsMin : readIntervalMsBusy;
    const pauseMs = readAt + interval - performance.now();
    if (pauseMs > 0) await this.#sleep(pauseMs);
  }

  /** Repeats a read until it succeeds. Answers undefined when unsubscribed meanwhile. Faults that no retry can heal are thrown. */
  async #retrying<T>(read: () => Promise<T>, failed?: () => void): Promise<T | undefined> {
    while (!this.#abort.signal.aborted) {
      try {
        if (this.#state === 'reconnecting') await this.#begin();
        const result = await read();
        if (this.#state === 'reconnecting') this.#state = this.#isCaughtUp ? 'live' : 'catching_up';
        this.#retryDelayMs = retryDelayMsMin;
        return result;
      } catch (error) {
        if (!(error instanceof StoreFault) || !error.retryable) throw error;
        failed?.();
        this.#state = 'reconnecting';
        await this.#sleep(this.#retryDelayMs * (0.5 + Math.random() / 2));
        this.#retryDelayMs = Math.min(2 * this.#retryDelayMs, retryDelayMsMax);
      }
    }
    return undefined;
  }

  async #sleep(milliseconds: number): Promise<void> {
    await sleep(milliseconds, undefined, { signal: this.#abort.signal }).catch(() => undefined);
  }
}
