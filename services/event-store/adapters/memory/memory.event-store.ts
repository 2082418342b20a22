import { randomUUID } from 'node:crypto';
import { checkAppendRequest } from '../../domain/append-request.ts';
import { passes } from '../../domain/event-filter.ts';
import type {
  Appended,
  AppendRequest,
  EventStore,
  Head,
  ReadAllOptions,
  ReadStreamOptions,
  StoredEvent,
  SubscribeAllOptions,
  Subscription,
} from '../../domain/event-store.ts';
import { StoreUnavailableFault, StreamNotFoundFault, UnknownOutcomeFault } from '../../domain/faults.ts';
import { answerRepeat, revisionOf } from '../../domain/repeat.ts';
import { CommitSignal } from '../commit-signal.ts';
import { PagingSubscription } from '../paging-subscription.ts';

export interface MemoryEventStoreOptions {
  /** Distance to the next position, at least 1. Tests draw it at random, so that nobody gets away with "position + 1" (promise 41). */
  readonly stride?: () => bigint;
  readonly now?: () => Date;
}

/** The port in memory, with the semantics of the others and no durability: for tests, and as the core of a wire double. */
export class MemoryEventStore implements EventStore {
  readonly #storeId = randomUUID();
  readonly #log: StoredEvent[] = [];
  readonly #streams = new Map<string, StoredEvent[]>();
  readonly #signal = new CommitSignal();
  readonly #subscriptions = new Set<Subscription>();
  readonly #stride: () => bigint;
  readonly #now: () => Date;
  #disposed = false;

  constructor({ stride = () => 1n, now = () => new Date() }: MemoryEventStoreOptions = {}) {
    this.#stride = stride;
    this.#now = now;
  }

  async append(request: AppendRequest): Promise<Appended> {
    checkAppendRequest(request);
    if (this.#disposed) throw new UnknownOutcomeFault('The event store was disposed of.');
    const { stream, events } = request;
    const stored = this.#streams.get(stream) ?? [];
    const actual = BigInt(stored.length) - 1n;
    if (revisionOf(request.expected) !== actual) {
      const first = Number(revisionOf(request.expected)) + 1;
      return answerRepeat(request, { actual, places: stored.slice(first, first + events.length) });
    }
    const createdAt = this.#now();
    for (const { id, type, data, metadata } of events) {
      const position = this.#position + this.#stride();
      const event = { id, stream, revision: BigInt(stored.length), position, type, data, metadata, createdAt };
      stored.push(event);
      this.#log.push(event);
    }
    this.#streams.set(stream, stored);
    this.#signal.notify();
    return { revision: BigInt(stored.length) - 1n, position: this.#position, fresh: true };
  }

  async *readStream(
    stream: string,
    { direction = 'forwards', fromRevision = 0n, maxCount = Infinity }: ReadStreamOptions = {},
  ): AsyncIterable<StoredEvent> {
    this.#mustBeOpen();
    const events = this.#streams.get(stream);
    if (events === undefined) throw new StreamNotFoundFault(stream);
    yield* direction === 'forwards' ? walk(events, Number(fromRevision), maxCount) : walkBack(events, maxCount);
  }

  async *readAll({
    direction = 'forwards',
    fromPosition = 0n,
    maxCount = Infinity,
    filter,
  }: ReadAllOptions = {}): AsyncIterable<StoredEvent> {
    this.#mustBeOpen();
    const events = direction === 'forwards' ? walk(this.#log, this.#indexOf(fromPosition)) : walkBack(this.#log);
    let count = 0;
    for (const event of events) {
      if (count === maxCount) return;
      if (!passes(filter, event)) continue;
      count++;
      yield event;
    }
  }

  subscribeAll(options: SubscribeAllOptions): Subscription {
    const pages = {
      head: () => this.head(),
      pageAfter: async (position: bigint, limit: number) => {
        this.#mustBeOpen();
        const first = this.#indexOf(position + 1n);
        return this.#log.slice(first, first + limit);
      },
    };
    const subscription = new PagingSubscription(pages, options, {
      signal: this.#signal,
      pollMs: 1000,
      readIntervalMsMin: 0,
      readIntervalMsBusy: 0,
    });
    this.#subscriptions.add(subscription);
    const forget = () => this.#subscriptions.delete(subscription);
    subscription.stopped.then(forget, forget);
    return subscription;
  }

  async head(): Promise<Head> {
    this.#mustBeOpen();
    return { position: this.#position, storeId: this.#storeId };
  }

  async ready(): Promise<void> {
    this.#mustBeOpen();
  }

  async dispose(): Promise<void> {
    this.#disposed = true;
    await Promise.all([...this.#subscriptions].map((subscription) => subscription.unsubscribe()));
  }

  get #position(): bigint {
    return this.#log.at(-1)?.position ?? 0n;
  }

  #mustBeOpen(): void {
    if (this.#disposed) throw new StoreUnavailableFault('The event store was disposed of.');
  }

  /** Index of the first event at or after a position, by halving. */
  #indexOf(position: bigint): number {
    let low = 0;
    let high = this.#log.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#log[middle] as StoredEvent).position < position) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function* walk(events: readonly StoredEvent[], first: number, count = Infinity): Iterable<StoredEvent> {
  for (let index = first; index < events.length && index - first < count; index++) yield events[index] as StoredEvent;
}

function* walkBack(events: readonly StoredEvent[], count = Infinity): Iterable<StoredEvent> {
  const last = events.length - 1;
  for (let index = last; index >= 0 && last - index < count; index--) yield events[index] as StoredEvent;
}
