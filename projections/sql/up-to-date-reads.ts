import type { Pool, QueryConfig, QueryResultRow } from 'pg';
import type { EventStore } from '../../services/event-store/domain/event-store.ts';
import type { CheckpointKey } from '../../services/read-store/checkpoint.ts';
import type { ProjectionProgress } from '../../services/read-store/projection-progress.ts';

/** How long a read waits for its read model: whoever decides by such a read is run again later. */
const patienceMs = 30_000;

export interface UpToDateReadsOptions {
  readonly pool: Pool;
  readonly store: EventStore;
  readonly progress: ProjectionProgress;
}

/** Reads for the write side, which has no position to wait for: they miss nothing that was in the log when they were asked. */
export class UpToDateReads {
  readonly #options: UpToDateReadsOptions;

  constructor(options: UpToDateReadsOptions) {
    this.#options = options;
  }

  /** Throws `ProjectionBehindFault` when the read model has not come so far in time. */
  async rows<Row extends QueryResultRow>(readModel: CheckpointKey, query: QueryConfig): Promise<readonly Row[]> {
    const { pool, store, progress } = this.#options;
    const { position } = await store.head();
    await progress.waitFor(readModel, { position, timeoutMs: patienceMs });
    const { rows } = await pool.query<Row>(query);
    return rows;
  }
}
