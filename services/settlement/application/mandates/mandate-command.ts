import { Command } from '@nestjs/cqrs';
import type { Outcome } from '../../../commands/application/answer.ts';
import type { Envelope } from '../../../commands/application/envelope.ts';
import type { MandateRejection } from '../../domain/mandate.decider.ts';

export type MandateCommandRejection =
  | MandateRejection
  | { readonly code: 'account_not_found' }
  | { readonly code: 'slot_not_found' }
  | { readonly code: 'quote_not_found' }
  | { readonly code: 'slot_closed' };

/** What is asked of a mandate. */
export abstract class MandateCommand<Data> extends Command<Outcome<MandateCommandRejection>> {
  readonly envelope: Envelope;
  readonly data: Data;

  constructor(envelope: Envelope, data: Data) {
    super();
    this.envelope = envelope;
    this.data = data;
  }
}
