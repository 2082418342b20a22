import { type DynamicModule, Module } from '@nestjs/common';
import { EntryExports } from '../../services/integrity/application/entry-exports.ts';
import { ENTRY_PUBLICITY, type EntryPublicity } from '../../services/integrity/application/entry-publicity.ts';
import { LogEntries } from '../../services/integrity/application/log-entries.ts';
import { LOG_INDEX, type LogIndex } from '../../services/integrity/application/log-index.ts';
import { LogQuery } from '../../services/integrity/application/log-query.ts';
import { ProjectionsModule } from '../projections.module.ts';
import { LogEntriesController } from './log-entries.controller.ts';
import { LogReadings } from './log-readings.ts';
import { LogSearch } from './log-search.ts';
import { LogSearchController } from './log-search.controller.ts';

export interface ExplorerPorts {
  readonly query: LogQuery;
  readonly index: LogIndex;
  readonly entries: LogEntries;
  readonly exports: EntryExports;
  readonly publicity: EntryPublicity;
}

/** The log for those who look through it: read models find, and the parts that prove the ledger show. */
@Module({})
export class ExplorerModule {
  static register({ query, index, entries, exports, publicity }: ExplorerPorts): DynamicModule {
    return {
      module: ExplorerModule,
      imports: [ProjectionsModule],
      controllers: [LogSearchController, LogEntriesController],
      providers: [
        LogSearch,
        LogReadings,
        { provide: ENTRY_PUBLICITY, useValue: publicity },
        { provide: LogQuery, useValue: query },
        { provide: LOG_INDEX, useValue: index },
        { provide: LogEntries, useValue: entries },
        { provide: EntryExports, useValue: exports },
      ],
    };
  }
}
