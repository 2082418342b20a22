import type { Pool } from 'pg';
import type { EventStore } from '../../services/event-store/domain/event-store.ts';
import type { Projection } from '../../services/read-store/projection.ts';
import { eventTypes } from '../../services/main/event-types.ts';
import { EventReader } from '../../services/read-store/event-reader.ts';
import { createPool } from '../../services/read-store/pool.ts';
import { ProjectionProgress } from '../../services/read-store/projection-progress.ts';
import { ProjectionRunner, type ProjectionStatus } from '../../services/read-store/projection-runner.ts';
import { freshDatabase, type TestDatabase } from '../support/postgres.ts';

const timeoutMs = 60_000;

/** One hash over all rows of each table: equal for equal contents, whatever order they were written in. */
export async function hashesOf(pool: Pool, projections: readonly Projection[]): Promise<Readonly<Record<string, string>>> {
  const hashes: Record<string, string> = {};
  for (const table of projections.flatMap(({ tables }) => tables)) {
    const { rows } = await pool.query<{ rows: bigint; hash: string | null }>(
      `select count(*) as rows, md5(string_agg(line, E'\\n' order by line collate "C")) as hash from (select t::text as line from ${table} as t) as lines`,
    );
    hashes[table] = `${rows[0]?.rows} ${rows[0]?.hash}`;
  }
  return hashes;
}

/** Read models of a test file, in a database of its own, fed by the real runner. */
export class ReadModels {
  readonly pool: Pool;
  readonly progress: ProjectionProgress;
  readonly #database: TestDatabase;

  constructor(database: TestDatabase) {
    this.#database = database;
    this.pool = createPool({ url: database.serviceUrl });
    this.progress = new ProjectionProgress(this.pool);
  }

  static async create(): Promise<ReadModels> {
    return new ReadModels(await freshDatabase());
  }

  async drop(): Promise<void> {
    await this.pool.end();
    await this.#database.drop();
  }

  /** Replays the log from zero into each read model, up to its head. */
  async rebuild(store: EventStore, projections: readonly Projection[], { batchSizeMax = 1000 } = {}): Promise<void> {
    for (const projection of projections) {
      const runner = this.#runner(store, projection, { batchSizeMax });
      await runner.rebuild();
      await this.#reach(runner, store);
    }
  }

  /** Goes on from each checkpoint up to the head of the log. */
  async follow(store: EventStore, projections: readonly Projection[], { batchSizeMax = 1000 } = {}): Promise<void> {
    for (const projection of projections) {
      const runner = this.#runner(store, projection, { batchSizeMax });
      runner.start();
      await this.#reach(runner, store);
    }
  }

  /** Replays until the read model stops by itself; answers why. */
  async halt(store: EventStore, projection: Projection): Promise<ProjectionStatus> {
    const { promise: halted, resolve } = Promise.withResolvers<ProjectionStatus>();
    const runner = this.#runner(store, projection, { onHalt: resolve });
    await runner.rebuild();
    const status = await halted;
    await runner.stop();
    return status;
  }

  hashes(projections: readonly Projection[]): Promise<Readonly<Record<string, string>>> {
    return hashesOf(this.pool, projections);
  }

  async rows<Row extends object>(text: string, values: unknown[] = []): Promise<Row[]> {
    return (await this.pool.query<Row>(text, values)).rows;
  }

  #runner(
    eventStore: EventStore,
    projection: Projection,
    options: { batchSizeMax?: number; onHalt?: (status: ProjectionStatus) => void } = {},
  ): ProjectionRunner {
    const { pool, progress } = this;
    const onHalt = () => undefined;
    const reader = new EventReader({ types: eventTypes });
    return new ProjectionRunner({ projection, eventStore, reader, pool, progress, onHalt, standbyPollMs: 10, ...options });
  }

  async #reach(runner: ProjectionRunner, store: EventStore): Promise<void> {
    const { position } = await store.head();
    try {
      await runner.waitFor(position, timeoutMs);
    } catch (error) {
      throw runner.status().error ?? error;
    } finally {
      await runner.stop();
    }
  }
}

/**
 * Fails after its rows were written, as often as told: the runner rolls back, and every event of the batch is delivered again. A batch of
 * one event does not fail: the runner would take the event for one that cannot be projected, and halt.
 */
export function failingAfterItsRows(projection: Projection, failures: number): Projection {
  let left = failures;
  return {
    ...projection,
    async project(events, client) {
      await projection.project(events, client);
      if ([...events].length > 1 && left-- > 0) throw new Error('The process was killed between rows and checkpoint.');
    },
  };
}
