import type pg from 'pg';
import { createPool } from '../../../read-store/pool.ts';
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
import { StoreUnavailableFault } from '../../domain/faults.ts';
import { CommitSignal } from '../commit-signal.ts';
import { PagingSubscription } from '../paging-subscription.ts';
import { RecentPages } from '../recent-pages.ts';
import { GroupCommitWriter } from './group-commit-writer.ts';
import { LogReader } from './log-reader.ts';
import { unavailable } from './postgres-failure.ts';
import { checkRepeat } from './repeat-check.ts';
import { WriterConnection } from './writer-connection.ts';

export interface PostgresEventStoreOptions {
  /** Of the service's role, on a migrated database. */
  readonly url: string;
  /** How long an append of another process may stay unseen by subscriptions here. */
  readonly pollMs?: number;
  /** A flush that goes unanswered for so long has an unknown outcome. */
  readonly flushTimeoutMs?: number;
  /** A read that goes unanswered for so long means that the store is away. */
  readonly readTimeoutMs?: number;
  readonly readConnectionsMax?: number;
  readonly queueLengthMax?: number;
}

const mebibyte = 1_048_576;

/**
 * The port on Postgres: a gapless log in commit order, by group commit through one head row. Holds one connection for writing and a
 * few for reading, which are its own and not those of the read models.
 */
export class PostgresEventStore implements EventStore {
  readonly #pool: pg.Pool;
  readonly #connection: WriterConnection;
  readonly #writer: GroupCommitWriter;
  readonly #reader: LogReader;
  readonly #pages: RecentPages;
  readonly #signal = new CommitSignal();
  readonly #subscriptions = new Set<Subscription>();
  readonly #pollMs: number;
  #disposal: Promise<void> | undefined;

  constructor({
    url,
    pollMs = 100,
    flushTimeoutMs = 15_000,
    readTimeoutMs = 15_000,
    readConnectionsMax = 6,
    queueLengthMax = 20_000,
  }: PostgresEventStoreOptions) {
    this.#pollMs = pollMs;
    this.#pool = createPool({
      url,
      applicationName: 'tallyroot event store reader',
      connectionsMax: readConnectionsMax,
      queryTimeoutMs: readTimeoutMs,
    });
    this.#connection = new WriterConnection({ url, flushTimeoutMs });
    this.#reader = new LogReader(this.#pool);
    this.#pages = new RecentPages(this.#reader);
    this.#writer = new GroupCommitWriter({
      connection: this.#connection,
      checkRepeat: (request) => checkRepeat(this.#pool, request),
      committed: () => this.#signal.notify(),
      limits: { flushEventsMax: 1024, flushBytesMax: mebibyte, queueBytesMax: 64 * mebibyte, queueLengthMax },
    });
  }

  append(request: AppendRequest): Promise<Appended> {
    return this.#writer.append(request);
  }

  readStream(stream: string, options: ReadStreamOptions = {}): AsyncIterable<StoredEvent> {
    return this.#reader.readStream(stream, options);
  }

  readAll(options: ReadAllOptions = {}): AsyncIterable<StoredEvent> {
    return this.#reader.readAll(options);
  }

  subscribeAll(options: SubscribeAllOptions): Subscription {
    if (this.#disposal !== undefined) throw new StoreUnavailableFault('The event store was disposed of.');
    const settings = { signal: this.#signal, pollMs: this.#pollMs, readIntervalMsMin: 5, readIntervalMsBusy: 25 };
    const subscription = new PagingSubscription(this.#pages, options, settings);
    this.#subscriptions.add(subscription);
    const forget = () => this.#subscriptions.delete(subscription);
    subscription.stopped.then(forget, forget);
    return subscription;
  }

  head(): Promise<Head> {
    return this.#reader.head();
  }

  async ready(): Promise<void> {
    await this.head();
    try {
      const client = await this.#connection.client();
      const { rows } = await client.query<{ value: string }>("select current_setting('transaction_read_only') as value");
      if (rows[0]?.value === 'on') throw new Error('the database takes reads only');
    } catch (error) {
      throw unavailable(error);
    }
  }

  dispose(): Promise<void> {
    this.#disposal ??= this.#dispose();
    return this.#disposal;
  }

  async #dispose(): Promise<void> {
    await Promise.all([...this.#subscriptions].map((subscription) => subscription.unsubscribe()));
    await this.#writer.close();
    this.#connection.drop();
    await this.#pool.end();
  }
}
