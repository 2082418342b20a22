import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { Outcome } from '../../../commands/application/answer.ts';
import { CommandExecutor } from '../../../commands/application/command-executor.ts';
import type { Envelope } from '../../../commands/application/envelope.ts';
import { knownRate, type RateTableRejection, setRate } from '../../domain/rate-table.ts';
import type { RateSet } from '../../domain/settlement-provider.events.ts';
import { rateStream } from '../settlement-streams.ts';

export class SetRate extends Command<Outcome<RateTableRejection>> {
  readonly envelope: Envelope;
  readonly rate: RateSet;

  constructor(envelope: Envelope, rate: RateSet) {
    super();
    this.envelope = envelope;
    this.rate = rate;
  }
}

@CommandHandler(SetRate)
export class SetRateHandler implements ICommandHandler<SetRate> {
  readonly #executor: CommandExecutor;

  constructor(@Inject(CommandExecutor) executor: CommandExecutor) {
    this.#executor = executor;
  }

  execute({ envelope, rate }: SetRate): Promise<Outcome<RateTableRejection>> {
    const stream = rateStream(envelope.provider, rate.base, rate.currency);
    return this.#executor.execute({ aggregate: knownRate, stream, envelope, decide: (state, now) => setRate(state, rate, now) });
  }
}
