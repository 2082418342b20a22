import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import type { EventStore, Subscription } from '../event-store/domain/event-store.ts';
import { applyBatch, inTransaction } from './apply-batch.ts';
import { openCheckpoint } from './checkpoint.ts';
import { isRetryable } from './database-away.ts';
import { emptyReadModel } from './empty-read-model.ts';
import { type Ownership, takeOwnership } from './ownership.ts';
import type { EventReader } from './event-reader.ts';
import type { ProjectionProgress } from './projection-progress.ts';
import type { Projection } from './projection.ts';

/**
 * `standby`: another process owns the read model. `retrying`: the database, the event store or something else that it asks is away, or
 * behind. `halted`: something is wrong that time does not heal (a poison event, a checkpoint of another log); the rows stay as they were.
 */
export type ProjectionState = 'starting' | 'standby' | 'catching_up' | 'live' | 'retrying' | 'halted' | 'stopped';

export interface ProjectionStatus {
  readonly name: string;
  readonly version: number;
  readonly state: ProjectionState;
  /** As far as this process knows. */
  readonly position: bigint;
  /** What halted it, or what it is retrying after. */
  readonly error: Error | undefined;
}

export interface ProjectionRunnerOptions {
  readonly projection: Projection;
  readonly eventStore: EventStore;
  /** Shared by all runners of a process. */
  readonly reader: EventReader;
  readonly pool: pg.Pool;
  readonly progress: ProjectionProgress;
  /** Called when the projection halts: log it, alert somebody. */
  readonly onHalt: (status: ProjectionStatus) => void;
  readonly batchSizeMax?: number;
  /** How soon a standby notices that the owner is gone. */
  readonly standbyPollMs?: number;
}

/** Keeps one read model up to date. Any number of processes may run it; the one that holds its lock works, the others stand by. */
export class ProjectionRunner {
  readonly #options: ProjectionRunnerOptions;
  #state: ProjectionState = 'stopped';
  #position = 0n;
  #error: Error | undefined;
  #running: Promise<void> | undefined;
  #abort = new AbortController();
  #subscription: Subscription | undefined;
  #isIndexed = false;

  constructor(options: ProjectionRunnerOptions) {
    this.#options = options;
  }

  start(): void {
    if (this.#running !== undefined) return;
    this.#abort = new AbortController();
    this.#state = 'starting';
    this.#error = undefined;
    this.#running = this.#run();
  }

  /** Ends after the batch in hand. May be repeated, and started again. */
  async stop(): Promise<void> {
    this.#abort.abort();
    await this.#subscription?.unsubscribe();
    await this.#running;
    this.#running = undefined;
    if (this.#state !== 'halted') this.#state = 'stopped';
  }

  status(): ProjectionStatus {
    const { name, version } = this.#options.projection;
    const isLive = this.#state === 'catching_up' && this.#isIndexed && this.#subscription?.state === 'live';
    const state = isLive ? 'live' : this.#state;
    return { name, version, state, position: this.#position, error: this.#error };
  }

  /** Resolves when rows up to `position` can be read. Throws `ProjectionBehindFault` after `timeoutMs`. */
  waitFor(position: bigint, timeoutMs: number): Promise<void> {
    return this.#options.progress.waitFor(this.#options.projection, { position, timeoutMs });
  }

  /**
   * Empties the read model and replays it from zero; also the way out after a restored log. Resolves when the replay has begun. Throws
   * when another process owns the read model.
   */
  async rebuild(): Promise<void> {
    const { projection, pool, eventStore, progress } = this.#options;
    await this.stop();
    const { storeId } = await eventStore.head();
    const ownership = await takeOwnership(pool, projection);
    if (ownership === undefined) throw new Error(`Another process owns ${projection.name}: stop it before the rebuild.`);
    try {
      await inTransaction(ownership.client, (client) => emptyReadModel(client, projection, storeId));
    } finally {
      await ownership.release();
    }
    this.#position = 0n;
    progress.restarted(projection);
    this.start();
  }

  async #run(): Promise<void> {
    const { projection, pool, standbyPollMs = 1000 } = this.#options;
    while (!this.#abort.signal.aborted) {
      let ownership: Ownership | undefined;
      try {
        ownership = await takeOwnership(pool, projection).catch((error: unknown) => this.#retry(error));
        if (ownership === undefined) {
          if (this.#state !== 'retrying') this.#state = 'standby';
          await this.#sleep(standbyPollMs);
        } else await this.#own(ownership);
      } catch (error) {
        if (ownership?.isLost !== true && !isRetryable(error)) return this.#halt(error);
        this.#retry(error);
        await this.#sleep(standbyPollMs);
      } finally {
        this.#subscription = undefined;
        await ownership?.release();
      }
    }
  }

  /** Follows the log until it is stopped, or until the lock is lost. */
  async #own(ownership: Ownership): Promise<void> {
    const { projection, eventStore, reader, progress, batchSizeMax = 1000 } = this.#options;
    await ownership.client.query(projection.schema);
    const { storeId } = await eventStore.head();
    this.#position = await openCheckpoint(ownership.client, projection, storeId);
    progress.moved(projection, this.#position);
    this.#state = 'catching_up';
    this.#error = undefined;
    const moved = (position: bigint) => {
      this.#position = position;
      progress.moved(projection, position);
    };
    this.#isIndexed = false;
    let indexing: Promise<void> | undefined;
    const makeIndexes = () => {
      indexing ??= this.#makeIndexes(ownership);
      indexing.catch(() => subscription.unsubscribe()); // Thrown below.
    };
    const subscription = eventStore.subscribeAll({
      from: { after: this.#position },
      ...(projection.filter === undefined ? {} : { filter: projection.filter }),
      batchSizeMax,
      readAhead: (events) => void reader.readAhead(events),
      caughtUp: makeIndexes,
      handle: (batch) => applyBatch(ownership, { projection, reader, storeId, from: this.#position, batch, moved }),
    });
    this.#subscription = subscription;
    ownership.onLost(() => void subscription.unsubscribe());
    if (this.#abort.signal.aborted) void subscription.unsubscribe();
    await subscription.stopped;
    await indexing;
  }

  async #makeIndexes({ client }: Ownership): Promise<void> {
    const { indexes } = this.#options.projection;
    if (indexes !== undefined) await client.query(indexes);
    this.#isIndexed = true;
  }

  #retry(error: unknown): undefined {
    this.#state = 'retrying';
    this.#error = errorOf(error);
  }

  #halt(error: unknown): void {
    this.#state = 'halted';
    this.#error = errorOf(error);
    this.#options.onHalt(this.status());
  }

  async #sleep(milliseconds: number): Promise<void> {
    await sleep(milliseconds, undefined, { signal: this.#abort.signal }).catch(() => undefined);
  }
}

function errorOf(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
