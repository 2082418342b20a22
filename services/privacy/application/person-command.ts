import { Inject, Injectable } from '@nestjs/common';
import { Command } from '@nestjs/cqrs';
import type { Outcome } from '../../commands/application/answer.ts';
import { CommandExecutor } from '../../commands/application/command-executor.ts';
import type { Envelope } from '../../commands/application/envelope.ts';
import type { Execution } from '../../commands/application/execution.ts';
import type { Decision } from '../../commands/domain/decision.ts';
import type { Holder, PersonRejection } from '../domain/person.decider.ts';
import type { PersonEvent } from '../domain/person.events.ts';
import { type Person, person } from '../domain/person.ts';
import { Persons, personStream, subjectOf } from './persons.ts';

/** A command about the person behind an account. */
export abstract class PersonCommand<Data> extends Command<Outcome<PersonRejection>> {
  readonly envelope: Envelope;
  readonly account: string;
  readonly data: Data;

  constructor(envelope: Envelope, account: string, data: Data) {
    super();
    this.envelope = envelope;
    this.account = account;
    this.data = data;
  }
}

export type PersonOutcome = Outcome<PersonRejection>;

type PersonExecution = Pick<Execution<Person, PersonEvent, PersonRejection>, 'envelope' | 'keepPersonalData'> & {
  readonly decide: (state: Person, holder: Holder, now: string) => Decision<PersonEvent, PersonRejection>;
};

/** Runs a decider on the person behind an account. */
@Injectable()
export class PersonDecisions {
  readonly #executor: CommandExecutor;
  readonly #persons: Persons;

  constructor(@Inject(CommandExecutor) executor: CommandExecutor, @Inject(Persons) persons: Persons) {
    this.#executor = executor;
    this.#persons = persons;
  }

  async decide(account: string, { envelope, decide, ...rest }: PersonExecution): Promise<PersonOutcome> {
    const { provider } = envelope;
    if (!(await this.#persons.hasAccount(provider, account))) return { kind: 'rejected', rejection: { code: 'account_not_found' } };
    const holder: Holder = { account, subject: subjectOf(account) };
    const stream = personStream(provider, holder.subject);
    return this.#executor.execute({ aggregate: person, stream, envelope, decide: (state, now) => decide(state, holder, now), ...rest });
  }
}
