import { type DynamicModule, Module } from '@nestjs/common';
import { CqrsModule } from '@nestjs/cqrs';
import { PersonsController } from './adapters/http/persons.controller.ts';
import { PersonsViewController } from './adapters/http/persons-view.controller.ts';
import { RetentionController } from './adapters/http/retention.controller.ts';
import { ErasePersonalDataHandler } from './application/erase-personal-data.handler.ts';
import { Erasures } from './application/erasures.ts';
import { PersonDecisions } from './application/person-command.ts';
import { PersonalDataQuery } from './application/personal-data-query.ts';
import { PersonalExport } from './application/personal-export.ts';
import { Persons } from './application/persons.ts';
import { RecordConsentHandler } from './application/record-consent.handler.ts';
import { RecordPersonalDataHandler } from './application/record-personal-data.handler.ts';
import { DueErasures } from './application/due-erasures.ts';
import { RetentionRuns } from './application/retention-runs.ts';
import { PrivacyUpkeep } from './application/privacy-upkeep.ts';
import type { ProvidersWithLogs } from './application/privacy-upkeep.ts';
import type { VaultStore } from './application/vault-store.ts';
import { OrphanSweep } from './application/orphan-sweep.ts';
import { CommandExecutor } from '../commands/application/command-executor.ts';
import { systemClock } from '../commands/application/clock.ts';
import { Vault } from './application/vault.ts';

export interface PrivacyPorts {
  readonly vault: Vault;
  readonly store: VaultStore;
  readonly persons: Persons;
  readonly erasures: Erasures;
  readonly providers: ProvidersWithLogs;
  /** Told what the upkeep could not do; it tries again an hour later. */
  readonly onFailure: (error: unknown) => void;
}

/** Personal data: taken in, read back, erased. Whoever runs processes starts the `ErasureProcess`. */
@Module({
  imports: [CqrsModule],
  controllers: [PersonsController, PersonsViewController, RetentionController],
  providers: [PersonDecisions, RecordPersonalDataHandler, ErasePersonalDataHandler, RecordConsentHandler],
})
export class PrivacyModule {
  static register({ vault, store, persons, erasures, providers, onFailure }: PrivacyPorts): DynamicModule {
    const query = new PersonalDataQuery(persons, vault);
    return {
      module: PrivacyModule,
      providers: [
        { provide: Vault, useValue: vault },
        { provide: Persons, useValue: persons },
        { provide: Erasures, useValue: erasures },
        {
          provide: RetentionRuns,
          useFactory: (executor: CommandExecutor) =>
            new RetentionRuns({ executor, persons, due: new DueErasures(persons, store), erasures, clock: systemClock }),
          inject: [CommandExecutor],
        },
        {
          provide: PrivacyUpkeep,
          useFactory: (runs: RetentionRuns) =>
            new PrivacyUpkeep({ runs, providers, sweep: new OrphanSweep(store, persons), clock: systemClock, onFailure }),
          inject: [RetentionRuns],
        },
        { provide: PersonalDataQuery, useValue: query },
        { provide: PersonalExport, useValue: new PersonalExport({ persons, query, vault, clock: systemClock }) },
      ],
    };
  }
}
