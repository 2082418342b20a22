import { Inject } from '@nestjs/common';
import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { Envelope } from '../../commands/application/envelope.ts';
import { canonicalJson } from '../../event-store/domain/canonical-json.ts';
import type { PersonalData } from '../domain/personal-data.ts';
import { recordPersonalData } from '../domain/person.decider.ts';
import { PersonCommand, PersonDecisions, type PersonOutcome } from './person-command.ts';
import { Persons, personStream, subjectOf } from './persons.ts';
import { SubjectErasedFault, Vault } from './vault.ts';

/** Takes in, or corrects, what is known of the person behind an account. The envelope's fingerprint must not be of the data. */
export class RecordPersonalData extends PersonCommand<PersonalData> {}

@CommandHandler(RecordPersonalData)
export class RecordPersonalDataHandler implements ICommandHandler<RecordPersonalData> {
  readonly #decisions: PersonDecisions;
  readonly #persons: Persons;
  readonly #vault: Vault;

  constructor(@Inject(PersonDecisions) decisions: PersonDecisions, @Inject(Persons) persons: Persons, @Inject(Vault) vault: Vault) {
    this.#decisions = decisions;
    this.#persons = persons;
    this.#vault = vault;
  }

  async execute({ envelope, account, data }: RecordPersonalData): Promise<PersonOutcome> {
    const name = { provider: envelope.provider, subject: subjectOf(account) };
    // No key for somebody who is not there.
    if (!(await this.#persons.hasAccount(name.provider, account))) return { kind: 'rejected', rejection: { code: 'account_not_found' } };
    try {
      return await this.#decisions.decide(account, {
        envelope: await this.#withPrivateFingerprint(envelope, name.subject, data),
        decide: (state, holder) => recordPersonalData(state, holder, data),
        keepPersonalData: async (_, event) => {
          const commitment = await this.#vault.keep(name, { event, stream: personStream(name.provider, name.subject), data });
          return commitment === undefined ? 'other_data' : { [name.subject]: commitment };
        },
      });
    } catch (error) {
      if (!(error instanceof SubjectErasedFault)) throw error;
      return { kind: 'rejected', rejection: { code: 'personal_data_erased' } };
    }
  }

  /** The plain digest of a name and an address can be guessed, and it would stand in the log for ever. */
  async #withPrivateFingerprint(envelope: Envelope, subject: string, data: PersonalData): Promise<Envelope> {
    const text = canonicalJson({ command: envelope.fingerprint, data });
    return { ...envelope, fingerprint: await this.#vault.fingerprint({ provider: envelope.provider, subject }, text) };
  }
}
