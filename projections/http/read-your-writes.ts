import { Inject, Injectable } from '@nestjs/common';
import { ProblemError } from '../../services/http/problem-error.ts';
import type { CheckpointKey } from '../../services/read-store/checkpoint.ts';
import { ProjectionBehindFault, ProjectionProgress } from '../../services/read-store/projection-progress.ts';

/** How long a query waits for its read model. */
const patienceMs = 5_000;

/** Lets a query see what its caller has just written: it waits until the read models have passed the position. */
@Injectable()
export class ReadYourWrites {
  readonly #progress: ProjectionProgress;

  constructor(@Inject(ProjectionProgress) progress: ProjectionProgress) {
    this.#progress = progress;
  }

  /** Resolves at once without a position. Throws the problem `projection_behind` when it is not reached in time. */
  async passed(position: bigint | undefined, ...projections: readonly CheckpointKey[]): Promise<void> {
    if (position === undefined) return;
    try {
      await Promise.all(projections.map((key) => this.#progress.waitFor(key, { position, timeoutMs: patienceMs })));
    } catch (error) {
      if (!(error instanceof ProjectionBehindFault)) throw error;
      const params = { projection: error.projection, position: error.position.toString() };
      throw new ProblemError('projection_behind', params, { 'retry-after': '1' });
    }
  }
}
