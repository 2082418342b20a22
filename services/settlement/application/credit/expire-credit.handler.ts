import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { CLOCK, type Clock } from '../../../commands/application/clock.ts';
import { CommandExecutor } from '../../../commands/application/command-executor.ts';
import { type Envelope, envelopeOf } from '../../../commands/application/envelope.ts';
import { providerIdOf } from '../../domain/chain-number.ts';
import { orderExpiry } from '../../domain/dispatch.decider.ts';
import { dispatchIdOf, type OrderEvent } from '../../domain/dispatch.events.ts';
import { dispatch } from '../../domain/dispatch.ts';
import { CREDIT_BOOK, type CreditBook } from './credit-book.ts';
import { dispatchStream } from '../sending/sending-streams.ts';

/** Has everything burnt that is over and behind its grace. Answers the dispatches that do it; the same ones as long as they are the same holders and months. */
export class ExpireCredit extends Command<readonly string[]> {
  readonly envelope: Envelope;

  constructor(envelope: Envelope) {
    super();
    this.envelope = envelope;
  }
}

/**
 * Anybody may burn what is over, and the ledger earns it when it sees that; this only sees to it that somebody does. One transaction a holder:
 * what is under way is not ordered again, and what is done only where the books show it an hour later as if nothing had been burnt.
 */
@CommandHandler(ExpireCredit)
export class ExpireCreditHandler implements ICommandHandler<ExpireCredit> {
  readonly #executor: CommandExecutor;
  readonly #book: CreditBook;
  readonly #clock: Clock;

  constructor(@Inject(CommandExecutor) executor: CommandExecutor, @Inject(CREDIT_BOOK) book: CreditBook, @Inject(CLOCK) clock: Clock) {
    this.#executor = executor;
    this.#book = book;
    this.#clock = clock;
  }

  async execute({ envelope }: ExpireCredit): Promise<readonly string[]> {
    const { provider } = envelope;
    const now = this.#clock.now();
    const dispatches: string[] = [];
    for (const { chainId, contract, holder, epoch } of await this.#book.expired(provider, now)) {
      const data = { chainId, contract, providerId: providerIdOf(provider), holder, epoch: epoch.toString() };
      const event: OrderEvent = { type: 'CreditExpiryOrdered/1', data };
      const id = dispatchIdOf(event);
      const step = envelopeOf({
        ...{ provider, actor: envelope.actor, key: `ExpireCredit:${envelope.commandId}:${id}`, command: 'ExpireCredit', body: data },
        ...{ causationId: envelope.commandId, correlationId: envelope.correlationId },
      });
      const outcome = await this.#executor.execute({
        ...{ aggregate: dispatch, stream: dispatchStream(provider, id), envelope: step },
        decide: (state) => orderExpiry(state, { event, now }),
      });
      if (outcome.kind === 'rejected') throw new Error(`${id} was refused: ${JSON.stringify(outcome.rejection)}`);
      dispatches.push(id);
    }
    return dispatches;
  }
}
