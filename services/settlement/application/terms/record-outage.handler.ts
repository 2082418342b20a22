import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { accountStream } from '../../../accounts/application/account-command.ts';
import type { AccountRejection } from '../../../accounts/domain/account.commands.ts';
import { account } from '../../../accounts/domain/account.ts';
import { recordOutage } from '../../../accounts/domain/outage.decider.ts';
import type { OutageRecorded } from '../../../accounts/domain/sla.events.ts';
import type { Outcome } from '../../../commands/application/answer.ts';
import { CommandExecutor } from '../../../commands/application/command-executor.ts';
import type { Envelope } from '../../../commands/application/envelope.ts';
import { moneyOf } from '../../../money/money.ts';
import { terms } from '../../domain/terms.ts';
import { termsStream } from '../settlement-streams.ts';

type RecordOutageRejection = AccountRejection | { readonly code: 'terms_not_found' };

/** A service was not there; what its terms give for that is credited by the same decision. */
export class RecordOutage extends Command<Outcome<RecordOutageRejection>> {
  readonly envelope: Envelope;
  readonly account: string;
  readonly termsHash: string;
  readonly outage: Pick<OutageRecorded, 'from' | 'until' | 'source' | 'evidence'>;

  constructor(envelope: Envelope, accountId: string, termsHash: string, outage: RecordOutage['outage']) {
    super();
    this.envelope = envelope;
    this.account = accountId;
    this.termsHash = termsHash;
    this.outage = outage;
  }
}

@CommandHandler(RecordOutage)
export class RecordOutageHandler implements ICommandHandler<RecordOutage> {
  readonly #executor: CommandExecutor;

  constructor(@Inject(CommandExecutor) executor: CommandExecutor) {
    this.#executor = executor;
  }

  /** Terms are published once and never change, so they may be read before the decision. */
  async execute({ envelope, account: id, termsHash: hash, outage }: RecordOutage): Promise<Outcome<RecordOutageRejection>> {
    const { provider } = envelope;
    const stream = termsStream(provider, hash);
    const published = await this.#executor.current(terms, stream, provider);
    if (published.status === 'none') return { kind: 'rejected', rejection: { code: 'terms_not_found' } };
    const { offer, price, slaCredits } = published.document;
    const promised = {
      ...{ terms: { hash, stream, revision: '0' }, offer, slaCredits },
      ...{ price: moneyOf(price.amount, price.currency), cycle: price.cycle },
    };
    return this.#executor.execute({
      ...{ aggregate: account, stream: accountStream(provider, id), envelope },
      decide: (state, now) => recordOutage(state, { ...outage, promised, effectiveAt: now }),
    });
  }
}
