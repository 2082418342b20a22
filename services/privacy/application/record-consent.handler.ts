import { Inject } from '@nestjs/common';
import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { recordConsent } from '../domain/person.decider.ts';
import type { ConsentRecorded } from '../domain/person.events.ts';
import { PersonCommand, PersonDecisions, type PersonOutcome } from './person-command.ts';

export type ConsentData = Pick<ConsentRecorded, 'purpose' | 'decision' | 'document'> & { readonly effectiveAt?: string };

/** Takes note that a person agreed to a purpose, or takes that back. */
export class RecordConsent extends PersonCommand<ConsentData> {}

@CommandHandler(RecordConsent)
export class RecordConsentHandler implements ICommandHandler<RecordConsent> {
  readonly #decisions: PersonDecisions;

  constructor(@Inject(PersonDecisions) decisions: PersonDecisions) {
    this.#decisions = decisions;
  }

  execute({ envelope, account, data }: RecordConsent): Promise<PersonOutcome> {
    return this.#decisions.decide(account, {
      envelope,
      decide: (state, holder, now) => recordConsent(state, { effectiveAt: now, ...holder, ...data }),
    });
  }
}
