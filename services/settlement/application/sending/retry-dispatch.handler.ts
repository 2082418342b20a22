import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { Outcome } from '../../../commands/application/answer.ts';
import { CommandExecutor } from '../../../commands/application/command-executor.ts';
import type { Envelope } from '../../../commands/application/envelope.ts';
import { type DispatchRejection, retry } from '../../domain/dispatch.decider.ts';
import { dispatch } from '../../domain/dispatch.ts';
import { dispatchStream } from './sending-streams.ts';

export class RetryDispatch extends Command<Outcome<DispatchRejection>> {
  readonly envelope: Envelope;
  /** Of the dispatch within the provider. */
  readonly id: string;

  constructor(envelope: Envelope, id: string) {
    super();
    this.envelope = envelope;
    this.id = id;
  }
}

@CommandHandler(RetryDispatch)
export class RetryDispatchHandler implements ICommandHandler<RetryDispatch> {
  readonly #executor: CommandExecutor;

  constructor(@Inject(CommandExecutor) executor: CommandExecutor) {
    this.#executor = executor;
  }

  execute({ envelope, id }: RetryDispatch): Promise<Outcome<DispatchRejection>> {
    return this.#executor.execute({ aggregate: dispatch, stream: dispatchStream(envelope.provider, id), envelope, decide: retry });
  }
}
