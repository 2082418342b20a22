import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { Outcome } from '../../../commands/application/answer.ts';
import { CommandExecutor } from '../../../commands/application/command-executor.ts';
import type { Envelope } from '../../../commands/application/envelope.ts';
import { publishTerms, terms, termsHashOf, type TermsRejection } from '../../domain/terms.ts';
import type { TermsDocument } from '../../domain/terms.events.ts';
import { termsStream } from '../settlement-streams.ts';

export class PublishTerms extends Command<Outcome<TermsRejection>> {
  readonly envelope: Envelope;
  readonly document: TermsDocument;

  constructor(envelope: Envelope, document: TermsDocument) {
    super();
    this.envelope = envelope;
    this.document = document;
  }
}

@CommandHandler(PublishTerms)
export class PublishTermsHandler implements ICommandHandler<PublishTerms> {
  readonly #executor: CommandExecutor;

  constructor(@Inject(CommandExecutor) executor: CommandExecutor) {
    this.#executor = executor;
  }

  execute({ envelope, document }: PublishTerms): Promise<Outcome<TermsRejection>> {
    const stream = termsStream(envelope.provider, termsHashOf(document));
    return this.#executor.execute({ aggregate: terms, stream, envelope, decide: (state) => publishTerms(state, document) });
  }
}
