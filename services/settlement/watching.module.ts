import { type DynamicModule, Module } from '@nestjs/common';
import { CLOCK, systemClock } from '../commands/application/clock.ts';
import { ReconciliationsController } from './adapters/http/reconciliations.controller.ts';
import { WatcherController } from './adapters/http/watcher.controller.ts';
import { RECONCILIATIONS } from './application/reconciling/reconciliation-store.ts';
import { WATCHER_HALTS } from './application/watching/watcher-halts.ts';
import { WATCHER_STATUSES } from './application/watching/watcher-status.ts';
import { Watcher } from './application/watching/watcher.ts';
import type { Watching } from './watching.ts';

@Module({})
export class WatchingModule {
  /** Serves what is asked about the watcher; it is started by whoever runs that role. */
  static register({ watcher, statuses, halts, reconciliations }: Watching): DynamicModule {
    return {
      module: WatchingModule,
      controllers: [WatcherController, ReconciliationsController],
      providers: [
        { provide: CLOCK, useValue: systemClock },
        { provide: Watcher, useValue: watcher },
        { provide: WATCHER_STATUSES, useValue: statuses },
        { provide: WATCHER_HALTS, useValue: halts },
        { provide: RECONCILIATIONS, useValue: reconciliations },
      ],
    };
  }
}
