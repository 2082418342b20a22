import { type DynamicModule, Module } from '@nestjs/common';
import { CqrsModule } from '@nestjs/cqrs';
import { PersonsController } from './adapters/http/persons.controller.ts';
import { PersonsViewController } from './adapters/http/persons-view.controller.ts';
import { ErasePersonalDataHandler } from './application/erase-personal-data.handler.ts';
import { Erasures } from './application/erasures.ts';
import { PersonDecisions } from './application/person-command.ts';
import { PersonalDataQuery } from './application/personal-data-query.ts';
import { Persons } from './application/persons.ts';
import { RecordConsentHandler } from './application/record-consent.handler.ts';
import { RecordPersonalDataHandler } from './application/record-personal-data.handler.ts';
import { Vault } from './application/vault.ts';

export interface PrivacyPorts {
  readonly vault: Vault;
  readonly persons: Persons;
  readonly erasures: Erasures;
}

/** Personal data: taken in, read back, erased. Whoever runs processes starts the `ErasureProcess`. */
@Module({
  imports: [CqrsModule],
  controllers: [PersonsController, PersonsViewController],
  providers: [PersonDecisions, RecordPersonalDataHandler, ErasePersonalDataHandler, RecordConsentHandler],
})
export class PrivacyModule {
  static register({ vault, persons, erasures }: PrivacyPorts): DynamicModule {
    return {
      module: PrivacyModule,
      providers: [
        { provide: Vault, useValue: vault },
        { provide: Persons, useValue: persons },
        { provide: Erasures, useValue: erasures },
        { provide: PersonalDataQuery, useValue: new PersonalDataQuery(persons, vault) },
      ],
    };
  }
}
