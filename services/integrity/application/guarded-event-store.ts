import type { LogGuard } from '../../commands/application/log-guard.ts';
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
} from '../../event-store/domain/event-store.ts';

/** The event store of a service: takes no event, whoever writes it, for a log that the guard does not admit. Reads pass. */
export class GuardedEventStore implements EventStore {
  readonly #store: EventStore;
  readonly #guard: LogGuard;

  constructor(store: EventStore, guard: LogGuard) {
    this.#store = store;
    this.#guard = guard;
  }

  /** As the store, and throws `LogBehindFault`; nothing was written then. */
  append(request: AppendRequest): Promise<Appended> {
    const waiting = this.#guard.admit(request.stream.slice(0, request.stream.indexOf('.')));
    return waiting === undefined ? this.#store.append(request) : waiting.then(() => this.#store.append(request));
  }

  readStream(stream: string, options?: ReadStreamOptions): AsyncIterable<StoredEvent> {
    return this.#store.readStream(stream, options);
  }

  readAll(options?: ReadAllOptions): AsyncIterable<StoredEvent> {
    return this.#store.readAll(options);
  }

  subscribeAll(options: SubscribeAllOptions): Subscription {
    return this.#store.subscribeAll(options);
  }

  head(): Promise<Head> {
    return this.#store.head();
  }

  ready(): Promise<void> {
    return this.#store.ready();
  }

  dispose(): Promise<void> {
    return this.#store.dispose();
  }
}
