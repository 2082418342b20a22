import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { Outcome } from '../../commands/application/answer.ts';
import { CommandExecutor } from '../../commands/application/command-executor.ts';
import type { Envelope } from '../../commands/application/envelope.ts';
import { streamName } from '../../event-store/domain/stream-name.ts';
import { provider, type ProviderRejection, setEntryAccess } from '../domain/provider.ts';
import type { EntryAccess } from '../domain/provider.events.ts';

export class SetEntryAccess extends Command<Outcome<ProviderRejection>> {
  readonly envelope: Envelope;
  readonly entries: EntryAccess;

  constructor(envelope: Envelope, entries: EntryAccess) {
    super();
    this.envelope = envelope;
    this.entries = entries;
  }
}

@CommandHandler(SetEntryAccess)
export class SetEntryAccessHandler implements ICommandHandler<SetEntryAccess> {
  readonly #executor: CommandExecutor;

  constructor(@Inject(CommandExecutor) executor: CommandExecutor) {
    this.#executor = executor;
  }

  async execute({ envelope, entries }: SetEntryAccess) {
    const { provider: slug } = envelope;
    const stream = streamName({ slug, kind: 'provider', id: slug });
    return this.#executor.execute({ aggregate: provider, stream, envelope, decide: (state) => setEntryAccess(state, entries) });
  }
}
