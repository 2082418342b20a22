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
import { StoreUnavailableFault, UnknownOutcomeFault } from '../../domain/faults.ts';
import { type LogPages, PagingSubscription } from '../paging-subscription.ts';
import { MemoryLog, type MemoryLogOptions } from './memory-log.ts';

/** Faults for tests. Each is awaited, so that it can delay; what it throws is what the caller gets. */
export interface MemoryFaults {
  /** Before an append is written. */
  readonly beforeWrite?: (() => Promise<void>) | undefined;
  /** After an append was written, before it is answered. */
  readonly afterWrite?: (() => Promise<void>) | undefined;
  readonly beforeRead?: (() => Promise<void>) | undefined;
}

export interface MemoryEventStoreOptions extends MemoryLogOptions {
  /** A log that other stores share; by default one of its own. */
  readonly log?: MemoryLog;
  readonly faults?: MemoryFaults;
}

/** The port in memory, with the semantics of the others and no durability: for tests, and as the core of a wire double. */
export class MemoryEventStore implements EventStore {
  readonly #log: MemoryLog;
  readonly #faults: MemoryFaults | undefined;
  readonly #subscriptions = new Set<Subscription>();
  readonly #disposal = Promise.withResolvers<never>();
  #disposed = false;

  constructor({ log, faults, ...logOptions }: MemoryEventStoreOptions = {}) {
    this.#log = log ?? new MemoryLog(logOptions);
    this.#faults = faults;
    this.#disposal.promise.catch(() => undefined); // Met by the calls that are open then, if there are any.
  }

  async append(request: AppendRequest): Promise<Appended> {
    checkAppendRequest(request);
    if (this.#disposed) throw new UnknownOutcomeFault('The event store was disposed of.');
    if (this.#faults === undefined) return this.#log.append(request);
    return Promise.race([this.#appendUnder(this.#faults, request), this.#disposal.promise]);
  }

  async *readStream(
    stream: string,
    { direction = 'forwards', fromRevision = 0n, maxCount = Infinity }: ReadStreamOptions = {},
  ): AsyncIterable<StoredEvent> {
    await this.#beforeRead();
    const events = this.#log.stream(stream);
    yield* direction === 'forwards' ? walk(events, Number(fromRevision), maxCount) : walkBack(events, maxCount);
  }

  async *readAll({
    direction = 'forwards',
    fromPosition = 0n,
    maxCount = Infinity,
    filter,
  }: ReadAllOptions = {}): AsyncIterable<StoredEvent> {
    await this.#beforeRead();
    const events = direction === 'forwards' ? walk(this.#log.events, this.#log.indexOf(fromPosition)) : walkBack(this.#log.events);
    let count = 0;
    for (const event of events) {
      if (count === maxCount) return;
      if (!passes(filter, event)) continue;
      count++;
      yield event;
    }
  }

  subscribeAll(options: SubscribeAllOptions): Subscription {
    if (this.#disposed) throw new StoreUnavailableFault('The event store was disposed of.');
    const pages: LogPages = {
      head: () => this.head(),
      pageAfter: async (position, limit) => {
        await this.#beforeRead();
        const first = this.#log.indexOf(position + 1n);
        return this.#log.events.slice(first, first + limit);
      },
    };
    const subscription = new PagingSubscription(pages, options, {
      signal: this.#log.signal,
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
    await this.#beforeRead();
    return this.#log.head;
  }

  async ready(): Promise<void> {
    await this.#beforeRead();
  }

  async dispose(): Promise<void> {
    this.#disposed = true;
    this.#disposal.reject(new UnknownOutcomeFault('The event store was disposed of.'));
    await Promise.all([...this.#subscriptions].map((subscription) => subscription.unsubscribe()));
  }

  async #appendUnder({ beforeWrite, afterWrite }: MemoryFaults, request: AppendRequest): Promise<Appended> {
    await beforeWrite?.();
    const appended = this.#log.append(request);
    await afterWrite?.();
    return appended;
  }

  async #beforeRead(): Promise<void> {
    if (this.#disposed) throw new StoreUnavailableFault('The event store was disposed of.');
    await this.#faults?.beforeRead?.();
  }
}

function* walk(events: readonly StoredEvent[], first: number, count = Infinity): Iterable<StoredEvent> {
  for (let index = first; index < events.length && index - first < count; index++) yield events[index] as StoredEvent;
}

function* walkBack(events: readonly StoredEvent[], count = Infinity): Iterable<StoredEvent> {
  const last = events.length - 1;
  for (let index = last; index >= 0 && last - index < count; index--) yield events[index] as StoredEvent;
}
