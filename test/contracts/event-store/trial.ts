import { randomBytes } from 'node:crypto';
import type {
  Appended,
  EventBatch,
  EventStore,
  Head,
  ReadAllOptions,
  StoredEvent,
  SubscribeAllOptions,
  Subscription,
} from '../../../services/event-store/domain/event-store.ts';
import type { Abilities, OpenEngine } from './engine.ts';
import { collect, propose, until } from './events.ts';

/** A subscription of a test, and all it was given. */
export interface Watched {
  readonly subscription: Subscription;
  readonly seen: StoredEvent[];
  readonly batches: EventBatch[];
  /** Waits until so many events were seen. */
  until(count: number): Promise<void>;
}

/**
 * One test on one engine: a slug of its own, and reads that show its own events only, as the log may be full of others. `Needed` are
 * the abilities that the test asked for.
 */
export class Trial<Needed extends keyof Abilities = never> {
  readonly engine: OpenEngine & Pick<Abilities, Needed>;
  readonly store: EventStore;
  readonly slug = `t${randomBytes(7).toString('hex')}`;
  /** Prefix of every stream of this test. */
  readonly prefix = `${this.slug}.`;
  /** The stream of a test that needs only one. */
  readonly stream = `${this.slug}.account-1`;
  #start: Head = { position: 0n, storeId: '' };
  readonly #subscriptions: Subscription[] = [];

  constructor(engine: OpenEngine) {
    this.engine = engine as OpenEngine & Pick<Abilities, Needed>;
    this.store = engine.store;
  }

  /** Notes where the log ended before the test. */
  async begin(): Promise<void> {
    this.#start = await this.store.head();
  }

  async close(): Promise<void> {
    try {
      await Promise.all(this.#subscriptions.map((subscription) => subscription.unsubscribe()));
    } finally {
      await this.engine.close();
    }
  }

  /** The log as it was before the test. */
  get start(): Head {
    return this.#start;
  }

  streamOf(id: string | number, kind = 'account'): string {
    return `${this.slug}.${kind}-${id}`;
  }

  /** Begins a stream with so many events. */
  create(id: string | number, count = 1, store = this.store): Promise<Appended> {
    return store.append({ stream: this.streamOf(id), expected: 'no_stream', events: propose(count) });
  }

  /** The events of this test, in log order. */
  log(options: ReadAllOptions = {}, store = this.store): Promise<StoredEvent[]> {
    const isFromStart = options.direction === 'backwards' || options.fromPosition !== undefined || this.#start.position === 0n;
    return collect(
      store.readAll({
        filter: { streamPrefixes: [this.prefix] },
        ...(!isFromStart && { fromPosition: this.#start.position }),
        ...options,
      }),
    );
  }

  /** So many clients of the log; the same one again and again where the engine knows one only. */
  async clients(count: number): Promise<EventStore[]> {
    const others = Array.from({ length: count - 1 }, async () => this.engine.client?.() ?? this.store);
    return [this.store, ...(await Promise.all(others))];
  }

  /** Subscribes to the events of this test; `options` override. What was seen is noted before an own `handle` is called. */
  subscribe(options: Partial<SubscribeAllOptions> = {}, store = this.store): Watched {
    const seen: StoredEvent[] = [];
    const batches: EventBatch[] = [];
    const subscription = store.subscribeAll({
      from: { after: this.#start.position },
      filter: { streamPrefixes: [this.prefix] },
      ...options,
      handle: async (batch) => {
        batches.push(batch);
        seen.push(...batch.events);
        await options.handle?.(batch);
      },
    });
    this.#subscriptions.push(subscription);
    subscription.stopped.catch(() => undefined); // The test looks at it, or waits in vain for what it would have seen.
    return { subscription, seen, batches, until: (count) => until(() => seen.length >= count) };
  }
}
