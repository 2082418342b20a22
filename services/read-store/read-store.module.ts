import { type DynamicModule, Module } from '@nestjs/common';
import type pg from 'pg';
import { POOL } from './pool.ts';
import { ProjectionProgress } from './projection-progress.ts';

/** Offers the pool, and the wait for read models that the runners of this process feed. Whoever made the pool ends it, last. */
@Module({})
export class ReadStoreModule {
  static register({ pool, progress }: { pool: pg.Pool; progress: ProjectionProgress }): DynamicModule {
    return {
      module: ReadStoreModule,
      global: true,
      providers: [
        { provide: POOL, useValue: pool },
        { provide: ProjectionProgress, useValue: progress },
      ],
      exports: [POOL, ProjectionProgress],
    };
  }
}
