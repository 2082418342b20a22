import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { Outcome } from '../../commands/application/answer.ts';
import { CommandExecutor } from '../../commands/application/command-executor.ts';
import type { Envelope } from '../../commands/application/envelope.ts';
import { streamName } from '../../event-store/domain/stream-name.ts';
import { provider, type ProviderRejection, registerProvider } from '../domain/provider.ts';
import type { ProviderRegistered } from '../domain/provider.events.ts';
import { LOG_OPENER, type LogOpener } from './log-opener.ts';

export class RegisterProvider extends Command<Outcome<ProviderRejection>> {
  readonly envelope: Envelope;
  readonly data: ProviderRegistered;

  constructor(envelope: Envelope, data: ProviderRegistered) {
    super();
    this.envelope = envelope;
    this.data = data;
  }
}

/** Opens the provider's log, then says that the provider exists. A crash between the two is mended by the repeat. */
@CommandHandler(RegisterProvider)
export class RegisterProviderHandler implements ICommandHandler<RegisterProvider> {
  readonly #executor: CommandExecutor;
  readonly #logs: LogOpener;

  constructor(@Inject(CommandExecutor) executor: CommandExecutor, @Inject(LOG_OPENER) logs: LogOpener) {
    this.#executor = executor;
    this.#logs = logs;
  }

  async execute({ envelope, data }: RegisterProvider) {
    await this.#logs.open(data.provider);
    const stream = streamName({ slug: data.provider, kind: 'provider', id: data.provider });
    return this.#executor.execute({ aggregate: provider, stream, envelope, decide: (state) => registerProvider(state, data) });
  }
}
