import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { type CheckpointKey, readCheckpoint } from './checkpoint.ts';

/** The read model has not reached the position in time. Asking again later will do: 503, not an empty answer. */
export class ProjectionBehindFault extends Error {
  override readonly name = 'ProjectionBehindFault';
  readonly retryable = true;
  readonly projection: string;
  readonly position: bigint;

  constructor(projection: string, position: bigint) {
    super(`${projection} has not reached position ${position} yet.`);
    this.projection = projection;
    this.position = position;
  }
}

const pollMs = 50;

interface Progress {
  /** Highest position seen so far, from this process's own runner or from the checkpoint's row. */
  position: bigint;
  readonly waiting: Set<{ readonly position: bigint; readonly wake: () => void }>;
  /** True while one loop reads the checkpoint's row for all that wait. */
  polling: boolean;
}

/**
 * Read your writes: a query waits until a read model has passed the position that a command answered with. A runner in this process
 * wakes the waiting at once; where the runner lives in another process, one poll per read model serves all that wait.
 */
export class ProjectionProgress {
  readonly #pool: pg.Pool;
  readonly #progress = new Map<string, Progress>();

  constructor(pool: pg.Pool) {
    this.#pool = pool;
  }

  /** The runner says that rows up to this position are committed. */
  moved(key: CheckpointKey, position: bigint): void {
    const progress = this.#of(key);
    if (position <= progress.position) return;
    progress.position = position;
    for (const waiting of progress.waiting) if (waiting.position <= position) waiting.wake();
  }

  /** A rebuild begins at zero again. */
  restarted(key: CheckpointKey): void {
    this.#of(key).position = 0n;
  }

  /** Resolves when rows up to `position` can be read. Throws `ProjectionBehindFault` after `timeoutMs`. */
  async waitFor(key: CheckpointKey, { position, timeoutMs }: { position: bigint; timeoutMs: number }): Promise<void> {
    const progress = this.#of(key);
    if (position <= progress.position) return;
    const reached = new Promise<boolean>((resolve) => {
      const end = (isReached: boolean) => {
        clearTimeout(timer);
        progress.waiting.delete(waiting);
        resolve(isReached);
      };
      const waiting = { position, wake: () => end(true) };
      const timer = setTimeout(() => end(false), timeoutMs);
      progress.waiting.add(waiting);
    });
    void this.#poll(key, progress);
    if (!(await reached)) throw new ProjectionBehindFault(key.name, position);
  }

  async #poll(key: CheckpointKey, progress: Progress): Promise<void> {
    if (progress.polling) return;
    progress.polling = true;
    // The first pause leaves the field to this process's own runner, which is the usual case.
    for (await sleep(pollMs); progress.waiting.size > 0; await sleep(pollMs)) {
      // A failed read is tried again: those who wait have a deadline of their own.
      const checkpoint = await readCheckpoint(this.#pool, key).catch(() => undefined);
      if (checkpoint !== undefined) this.moved(key, checkpoint.position);
    }
    progress.polling = false;
  }

  #of({ name, version }: CheckpointKey): Progress {
    const key = `${name}/${version}`;
    let progress = this.#progress.get(key);
    if (progress === undefined) {
      progress = { position: 0n, waiting: new Set(), polling: false };
      this.#progress.set(key, progress);
    }
    return progress;
  }
}
