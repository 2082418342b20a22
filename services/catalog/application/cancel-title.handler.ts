import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { Outcome } from '../../commands/application/answer.ts';
import { CommandExecutor } from '../../commands/application/command-executor.ts';
import type { Envelope } from '../../commands/application/envelope.ts';
import type { TitleCancelled } from '../domain/catalog.events.ts';
import { cancelTitle, title, type TitleRejection } from '../domain/title.ts';
import { CatalogReader, titleStream } from './catalog-reader.ts';

/** The event of a title does not take place. Its buyers get their money back moments later. */
export class CancelTitle extends Command<Outcome<TitleRejection>> {
  readonly envelope: Envelope;
  readonly cancelled: TitleCancelled;

  constructor(envelope: Envelope, cancelled: TitleCancelled) {
    super();
    this.envelope = envelope;
    this.cancelled = cancelled;
  }
}

@CommandHandler(CancelTitle)
export class CancelTitleHandler implements ICommandHandler<CancelTitle> {
  readonly #executor: CommandExecutor;
  readonly #catalog: CatalogReader;

  constructor(@Inject(CommandExecutor) executor: CommandExecutor, @Inject(CatalogReader) catalog: CatalogReader) {
    [this.#executor, this.#catalog] = [executor, catalog];
  }

  async execute({ envelope, cancelled }: CancelTitle) {
    const stream = titleStream(envelope.provider, cancelled.title);
    const outcome = await this.#executor.execute({
      ...{ aggregate: title, stream, envelope },
      decide: (state) => cancelTitle(state, cancelled),
    });
    this.#catalog.forget(stream);
    return outcome;
  }
}
