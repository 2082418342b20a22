import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { CLOCK, type Clock } from '../../commands/application/clock.ts';
import { CommandExecutor } from '../../commands/application/command-executor.ts';
import { type Envelope, envelopeOf } from '../../commands/application/envelope.ts';
import { providerIdOf } from '../domain/chain-number.ts';
import { type CreditExpiryOrdered, dispatchIdOf } from '../domain/dispatch.events.ts';
import { CREDIT_BOOK, type CreditBook } from './credit-book.ts';
import { orderDispatch } from './dispatch-commands.ts';

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
 * what was ordered before, and is done or under way, is not ordered again.
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
    const dispatches: string[] = [];
    for (const { chainId, contract, holder, epoch } of await this.#book.expired(provider, this.#clock.now())) {
      const data: CreditExpiryOrdered = { chainId, contract, providerId: providerIdOf(provider), holder, epoch: epoch.toString() };
      const id = dispatchIdOf({ type: 'CreditExpiryOrdered/1', data });
      const step = envelopeOf({
        ...{ provider, actor: envelope.actor, key: `ExpireCredit:${envelope.commandId}:${id}`, command: 'ExpireCredit', body: data },
        ...{ causationId: envelope.commandId, correlationId: envelope.correlationId },
      });
      const outcome = await orderDispatch(this.#executor, step, { type: 'CreditExpiryOrdered/1', data });
      if (outcome.kind === 'rejected') throw new Error(`${id} was refused: ${JSON.stringify(outcome.rejection)}`);
      dispatches.push(id);
    }
    return dispatches;
  }
}
