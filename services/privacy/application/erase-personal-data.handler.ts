import { Inject } from '@nestjs/common';
import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { CommandAnswer } from '../../commands/application/answer.ts';
import { orderErasure } from '../domain/person.decider.ts';
import type { ErasureOrdered } from '../domain/person.events.ts';
import { Erasures } from './erasures.ts';
import { PersonCommand, PersonDecisions, type PersonOutcome } from './person-command.ts';

/** Erases what is known of the person behind an account, for ever. */
export class ErasePersonalData extends PersonCommand<Pick<ErasureOrdered, 'reason' | 'reference'>> {}

/**
 * The order is written first: from then on nobody adds to the data. It is carried out before the answer, by every repeat too, and by the
 * process that follows the orders.
 */
@CommandHandler(ErasePersonalData)
export class ErasePersonalDataHandler implements ICommandHandler<ErasePersonalData> {
  readonly #decisions: PersonDecisions;
  readonly #erasures: Erasures;

  constructor(@Inject(PersonDecisions) decisions: PersonDecisions, @Inject(Erasures) erasures: Erasures) {
    this.#decisions = decisions;
    this.#erasures = erasures;
  }

  async execute({ envelope, account, data }: ErasePersonalData): Promise<PersonOutcome> {
    const outcome = await this.#decisions.decide(account, {
      envelope,
      decide: (state, holder) => orderErasure(state, { ...holder, ...data }),
    });
    if (outcome.kind === 'accepted') await this.#carryOut(envelope.provider, outcome.answer);
    return outcome;
  }

  async #carryOut(provider: string, { events, stream, position }: CommandAnswer): Promise<void> {
    const [{ id, revision, data }] = events as [CommandAnswer['events'][number]];
    await this.#erasures.carryOut({ provider, order: data as ErasureOrdered, event: { id, stream, revision, position } });
  }
}
