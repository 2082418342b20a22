import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { ChargesClosed } from '../../accounts/domain/account.events.ts';
import { account } from '../../accounts/domain/account.ts';
import type { Outcome } from '../../commands/application/answer.ts';
import { CommandExecutor } from '../../commands/application/command-executor.ts';
import type { Envelope } from '../../commands/application/envelope.ts';
import { knownEventOf } from '../../commands/application/live-aggregate.ts';
import { EVENT_STORE, type EventStore } from '../../event-store/domain/event-store.ts';
import { streamName } from '../../event-store/domain/stream-name.ts';
import { type AccountEntry, invoice, type InvoiceRejection, issueInvoice } from '../domain/invoice.ts';

export interface IssueInvoiceRequest {
  readonly closed: ChargesClosed;
  /** The account's stream. */
  readonly stream: string;
  readonly number: string;
}

export class IssueInvoice extends Command<Outcome<InvoiceRejection>> {
  readonly envelope: Envelope;
  readonly request: IssueInvoiceRequest;

  constructor(envelope: Envelope, request: IssueInvoiceRequest) {
    super();
    this.envelope = envelope;
    this.request = request;
  }
}

@CommandHandler(IssueInvoice)
export class IssueInvoiceHandler implements ICommandHandler<IssueInvoice> {
  readonly #executor: CommandExecutor;
  readonly #store: EventStore;

  constructor(@Inject(CommandExecutor) executor: CommandExecutor, @Inject(EVENT_STORE) store: EventStore) {
    this.#executor = executor;
    this.#store = store;
  }

  async execute({ envelope, request }: IssueInvoice) {
    const { closed, stream: accountStream, number } = request;
    const stream = streamName({ slug: envelope.provider, kind: 'invoice', id: closed.invoice });
    const entries = await this.#entries(accountStream, BigInt(closed.fromRevision), BigInt(closed.toRevision));
    return this.#executor.execute({
      aggregate: invoice,
      stream,
      envelope,
      decide: (state, now) => issueInvoice(state, { closed, stream: accountStream, entries, number, issuedAt: now }),
    });
  }

  /** The closed range of the account's stream: it never changes any more. */
  async #entries(stream: string, from: bigint, to: bigint): Promise<AccountEntry[]> {
    const entries: AccountEntry[] = [];
    for await (const stored of this.#store.readStream(stream, { fromRevision: from, maxCount: Number(to - from) + 1 })) {
      entries.push({ revision: stored.revision, event: knownEventOf(account, stored).event });
    }
    return entries;
  }
}
