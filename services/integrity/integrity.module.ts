import { type DynamicModule, Module } from '@nestjs/common';
import { LogFilesController } from './adapters/http/log-files.controller.ts';
import { ProofsController } from './adapters/http/proofs.controller.ts';
import { VerifyPageController } from './adapters/http/verify-page.controller.ts';
import { WitnessesController } from './adapters/http/witnesses.controller.ts';
import { ENTRY_PUBLICITY, type EntryPublicity } from './application/entry-publicity.ts';
import { LogFiles } from './application/log-files.ts';
import { LogQuery } from './application/log-query.ts';
import { Witnessing } from './application/witnessing.ts';
import { PAYLOAD_ACCESS, type PayloadAccess } from './application/payload-access.ts';

export interface IntegrityPorts {
  readonly files: LogFiles;
  readonly query: LogQuery;
  readonly witnessing: Witnessing;
  readonly access: PayloadAccess;
  readonly entries: EntryPublicity;
}

/** Serves the public log and its proofs; sequencers are started by whoever runs that role. */
@Module({})
export class IntegrityModule {
  static register({ files, query, witnessing, access, entries }: IntegrityPorts): DynamicModule {
    return {
      module: IntegrityModule,
      controllers: [LogFilesController, ProofsController, VerifyPageController, WitnessesController],
      providers: [
        { provide: LogFiles, useValue: files },
        { provide: LogQuery, useValue: query },
        { provide: Witnessing, useValue: witnessing },
        { provide: PAYLOAD_ACCESS, useValue: access },
        { provide: ENTRY_PUBLICITY, useValue: entries },
      ],
    };
  }
}
