import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { Outcome } from '../../commands/application/answer.ts';
import { CommandExecutor } from '../../commands/application/command-executor.ts';
import type { Envelope } from '../../commands/application/envelope.ts';
import type { TitleListed } from '../domain/catalog.events.ts';
import { listTitle, title, type TitleRejection } from '../domain/title.ts';
import { titleStream } from './catalog-reader.ts';

export class ListTitle extends Command<Outcome<TitleRejection>> {
  readonly envelope: Envelope;
  readonly listed: TitleListed;

  constructor(envelope: Envelope, listed: TitleListed) {
    super();
    this.envelope = envelope;
    this.listed = listed;
  }
}

@CommandHandler(ListTitle)
export class ListTitleHandler implements ICommandHandler<ListTitle> {
  readonly #executor: CommandExecutor;

  constructor(@Inject(CommandExecutor) executor: CommandExecutor) {
    this.#executor = executor;
  }

  execute({ envelope, listed }: ListTitle) {
    const stream = titleStream(envelope.provider, listed.title);
    return this.#executor.execute({ aggregate: title, stream, envelope, decide: (state) => listTitle(state, listed) });
  }
}
