import { type DynamicModule, Module } from '@nestjs/common';
import { EVENT_STORE, type EventStore } from '../event-store/domain/event-store.ts';
import { systemClock } from './application/clock.ts';
import { CommandExecutor } from './application/command-executor.ts';
import type { CommandLog } from './application/command-log.ts';
import { CommandLookup } from './application/command-lookup.ts';
import type { LogGuard } from './application/log-guard.ts';
import type { LogOrigins, ReceiptIssuer } from './application/receipts.ts';
import type { Snapshots } from './application/snapshots.ts';

export interface CommandsPorts {
  readonly guard: LogGuard;
  readonly receipts: ReceiptIssuer;
  readonly origins: LogOrigins;
  readonly commandLog: CommandLog;
  readonly snapshots: Snapshots;
}

/** Offers the executor that every handler uses. The ports are implemented elsewhere and wired by the composition. */
@Module({})
export class CommandsModule {
  static register({ guard, receipts, origins, commandLog, snapshots }: CommandsPorts): DynamicModule {
    return {
      module: CommandsModule,
      global: true,
      providers: [
        {
          provide: CommandExecutor,
          useFactory: (store: EventStore) =>
            new CommandExecutor({
              ...{ store, guard, receipts, origins, snapshots, clock: systemClock },
              commands: new CommandLookup(commandLog),
            }),
          inject: [EVENT_STORE],
        },
      ],
      exports: [CommandExecutor],
    };
  }
}
