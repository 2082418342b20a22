import { checkAppendRequest } from '../../domain/append-request.ts';
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
import { StoreUnavailableFault, StreamDeletedFault, UnknownOutcomeFault } from '../../domain/faults.ts';
import { revisionOf } from '../../domain/repeat.ts';
import { PagingSubscription } from '../paging-subscription.ts';
import { type Appender, serverDeadlineMs } from './appender.ts';
import { type Client, closeClient, openClient } from './client.ts';
import { ClientReads } from './client-reads.ts';
import { FollowedPages } from './followed-pages.ts';
import { LogReader } from './log-reader.ts';
import { type LentAppender, sharedAppender } from './shared-appender.ts';
import { StreamReader } from './stream-reader.ts';

export interface EventStoreDbEventStoreOptions {
  /** `esdb://...`, one that `connectionStringProblem` has nothing to say against. */
  readonly url: string;
  readonly appendTimeoutMs?: number;
  readonly queueLengthMax?: number;
  /** Told each time the server drops the live reader, with the count so far. It is at work again at once. */
  readonly onLiveDrop?: (drops: number) => void;
}

const mebibyte = 1_048_576;
const readyMsMax = 5000;
/** Only where the feed is down does a reader at the end of the log ask by itself. */
const pollMs = 1000;

/**
 * The port on EventStoreDB, over the vendor's client with fences around its defects (docs/reference/event-store.md, D1 to D12). Appends
 * go through a client of their own, reads and the live feed through another.
 */
export class EventStoreDbEventStore implements EventStore {
  readonly #options: EventStoreDbEventStoreOptions;
  readonly #lent: LentAppender;
  readonly #client: Client;
  readonly #reads = new ClientReads();
  readonly #log: LogReader;
  readonly #streams: StreamReader;
  readonly #subscriptions = new Set<Subscription>();
  /** Gives up the appends in flight. */
  readonly #openAppends = new Set<(fault: Error) => void>();
  #pages: FollowedPages | undefined;
  #drops = 0;
  #disposal: Promise<void> | undefined;

  constructor(options: EventStoreDbEventStoreOptions) {
    const { url, appendTimeoutMs = 5000, queueLengthMax = 8192 } = options;
    this.#options = options;
    this.#client = openClient(url, 'tallyroot reads');
    this.#log = new LogReader(this.#client, this.#reads);
    this.#streams = new StreamReader(this.#client, this.#reads);
    this.#lent = sharedAppender(url, {
      appendTimeoutMs,
      gate: {
        inFlightMax: 64,
        inFlightBytesMax: 16 * mebibyte,
        queueLengthMax,
        queueBytesMax: 64 * mebibyte,
        queueMsMax: appendTimeoutMs,
      },
    });
  }

  async append(request: AppendRequest): Promise<Appended> {
    const bytes = checkAppendRequest(request);
    if (this.#disposal !== undefined) throw disposed();
    const { nextExpectedRevision: revision, position } = await this.#whileOpen(this.#appender.append(request, bytes));
    const { stream, expected, events } = request;
    if (revision !== revisionOf(expected) + BigInt(events.length)) {
      throw new StreamDeletedFault(`Stream ${stream} went on at revision ${revision}: it was deleted behind the port.`);
    }
    if (position === undefined) throw new StreamDeletedFault(`Events of stream ${stream} are there, but hidden behind the port.`);
    // The server answers a repeat exactly as it answered the first time.
    return { revision, position: position.commit, fresh: 'unknown' };
  }

  readStream(stream: string, options: ReadStreamOptions = {}): AsyncIterable<StoredEvent> {
    return this.#streams.readStream(stream, options);
  }

  readAll(options: ReadAllOptions = {}): AsyncIterable<StoredEvent> {
    return this.#log.readAll(options);
  }

  subscribeAll(options: SubscribeAllOptions): Subscription {
    if (this.#disposal !== undefined) throw away();
    const pages = this.#followedPages();
    const settings = { signal: pages.signal, pollMs, readIntervalMsMin: 0, readIntervalMsBusy: 10 };
    const subscription = new PagingSubscription(pages, options, settings);
    this.#subscriptions.add(subscription);
    const forget = () => this.#forget(subscription);
    subscription.stopped.then(forget, forget);
    return subscription;
  }

  head(): Promise<Head> {
    return this.#log.head();
  }

  /** Also when the clock of this machine is so far behind that the server would take every append for late (D9). */
  async ready(): Promise<void> {
    if (this.#disposal !== undefined) throw away();
    await this.#appender.features();
    const late = AbortSignal.timeout(readyMsMax);
    const [, newestAt] = await Promise.race([Promise.all([this.head(), this.#log.newestAt()]), rejectionOf(late)]);
    const behindMs = (newestAt?.getTime() ?? 0) - Date.now();
    if (behindMs >= serverDeadlineMs) {
      throw new StoreUnavailableFault(
        `The clock of this machine is at least ${Math.floor(behindMs / 3_600_000)} hours behind the event store's; set it.`,
      );
    }
  }

  dispose(): Promise<void> {
    this.#disposal ??= this.#dispose();
    return this.#disposal;
  }

  get #appender(): Appender {
    return this.#lent.appender;
  }

  async #dispose(): Promise<void> {
    for (const giveUp of this.#openAppends) giveUp(disposed());
    const unsubscribed = [...this.#subscriptions].map((subscription) => subscription.unsubscribe());
    this.#reads.end(away());
    await Promise.all(unsubscribed);
    await this.#pages?.stop();
    await this.#lent.giveBack();
    await closeClient(this.#client);
  }

  /** Ends as unknown when the store is disposed of first. */
  #whileOpen<Result>(work: Promise<Result>): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#openAppends.add(reject);
      work.then(resolve, reject).finally(() => this.#openAppends.delete(reject));
    });
  }

  #followedPages(): FollowedPages {
    if (this.#pages?.isOver === true) this.#leavePages();
    this.#pages ??= new FollowedPages({
      client: this.#client,
      source: this.#log,
      dropped: () => this.#options.onLiveDrop?.(++this.#drops),
    });
    return this.#pages;
  }

  #forget(subscription: Subscription): void {
    this.#subscriptions.delete(subscription);
    if (this.#subscriptions.size === 0) this.#leavePages(); // Nobody listens any more.
  }

  #leavePages(): void {
    void this.#pages?.stop();
    this.#pages = undefined;
  }
}

function disposed(): UnknownOutcomeFault {
  return new UnknownOutcomeFault('The event store was disposed of.');
}

function away(): StoreUnavailableFault {
  return new StoreUnavailableFault('The event store was disposed of.');
}

function rejectionOf(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(new StoreUnavailableFault(`The event store did not answer within ${readyMsMax} ms.`)));
  });
}
