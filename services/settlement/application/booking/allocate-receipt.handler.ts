import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { accountStream } from '../../../accounts/application/account-command.ts';
import type { AccountRejection } from '../../../accounts/domain/account.commands.ts';
import { account } from '../../../accounts/domain/account.ts';
import type { Outcome } from '../../../commands/application/answer.ts';
import { CommandExecutor } from '../../../commands/application/command-executor.ts';
import type { Envelope } from '../../../commands/application/envelope.ts';
import { CLOCK, type Clock } from '../../../commands/application/clock.ts';
import { type AllocationRejection, allocateReceipt } from '../../domain/allocating.decider.ts';
import { settlement } from '../../domain/settlement.ts';
import { BookRates } from '../quoting/book-rates.ts';
import { REFERENCE_RATES, type ReferenceRates } from '../quoting/reference-rates.ts';
import { settlementStream } from '../settlement-streams.ts';

export interface AllocateReceiptRequest {
  readonly settlement: string;
  readonly account: string;
  readonly reason: string;
}

type Rejected = AllocationRejection | Extract<AccountRejection, { readonly code: 'account_not_found' }>;

/** Staff found out whose an unmatched receipt is. The account is credited moments later. */
export class AllocateReceipt extends Command<Outcome<Rejected>> {
  readonly envelope: Envelope;
  readonly request: AllocateReceiptRequest;

  constructor(envelope: Envelope, request: AllocateReceiptRequest) {
    super();
    this.envelope = envelope;
    this.request = request;
  }
}

@CommandHandler(AllocateReceipt)
export class AllocateReceiptHandler implements ICommandHandler<AllocateReceipt> {
  readonly #executor: CommandExecutor;
  readonly #rates: ReferenceRates;
  readonly #books: BookRates;
  readonly #clock: Clock;

  constructor(
    @Inject(CommandExecutor) executor: CommandExecutor,
    @Inject(REFERENCE_RATES) rates: ReferenceRates,
    @Inject(BookRates) books: BookRates,
    @Inject(CLOCK) clock: Clock,
  ) {
    [this.#executor, this.#rates, this.#books, this.#clock] = [executor, rates, books, clock];
  }

  async execute({ envelope, request }: AllocateReceipt): Promise<Outcome<Rejected>> {
    const { provider } = envelope;
    const stream = settlementStream(provider, request.settlement);
    const customer = await this.#executor.current(account, accountStream(provider, request.account), provider);
    if (customer.status === 'none') return { kind: 'rejected', rejection: { code: 'account_not_found' } };
    const known = await this.#executor.current(settlement, stream, provider);
    const base = known.status === 'unmatched' ? known.receipt.token : undefined;
    const { currency } = customer;
    const time = this.#clock.now();
    const rate = base === undefined ? undefined : await this.#rates.at(provider, { base, currency, time });
    const exchange = base === undefined ? undefined : await this.#books.exchange(provider, { currency, token: base, time });
    const { reason } = request;
    return this.#executor.execute({
      aggregate: settlement,
      stream,
      envelope,
      decide: (state, now) => allocateReceipt(state, { account: request.account, rate, exchange, reason, effectiveAt: now }),
    });
  }
}
