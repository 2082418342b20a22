import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { Outcome } from '../../commands/application/answer.ts';
import { CommandExecutor } from '../../commands/application/command-executor.ts';
import type { Envelope } from '../../commands/application/envelope.ts';
import { priceBook, type PriceBookRejection, publishPriceBook, type PublishPriceBookData } from '../domain/price-book.ts';
import { CatalogReader, priceBookStream } from './catalog-reader.ts';

export class PublishPriceBook extends Command<Outcome<PriceBookRejection>> {
  readonly envelope: Envelope;
  readonly data: PublishPriceBookData;

  constructor(envelope: Envelope, data: PublishPriceBookData) {
    super();
    this.envelope = envelope;
    this.data = data;
  }
}

@CommandHandler(PublishPriceBook)
export class PublishPriceBookHandler implements ICommandHandler<PublishPriceBook> {
  readonly #executor: CommandExecutor;
  readonly #catalog: CatalogReader;

  constructor(@Inject(CommandExecutor) executor: CommandExecutor, @Inject(CatalogReader) catalog: CatalogReader) {
    this.#executor = executor;
    this.#catalog = catalog;
  }

  async execute({ envelope, data }: PublishPriceBook) {
    const stream = priceBookStream(envelope.provider, data.published.priceBook);
    const outcome = await this.#executor.execute({
      aggregate: priceBook,
      stream,
      envelope,
      decide: (state) => publishPriceBook(state, data),
    });
    this.#catalog.forget(stream);
    return outcome;
  }
}
