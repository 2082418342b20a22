import { Inject, Injectable } from '@nestjs/common';
import { Command } from '@nestjs/cqrs';
import type { Outcome } from '../../commands/application/answer.ts';
import { CommandExecutor } from '../../commands/application/command-executor.ts';
import type { Envelope } from '../../commands/application/envelope.ts';
import type { Decision } from '../../commands/domain/decision.ts';
import { streamName } from '../../event-store/domain/stream-name.ts';
import type { AccountRejection } from '../domain/account.commands.ts';
import type { AccountEvent } from '../domain/account.events.ts';
import { account } from '../domain/account.ts';
import type { Account } from '../domain/open-account.ts';

/** A command on one account. Each kind is a class of its own, since the bus knows commands by class. */
export abstract class AccountCommand<Data> extends Command<Outcome<AccountRejection>> {
  readonly envelope: Envelope;
  readonly account: string;
  readonly data: Data;

  constructor(envelope: Envelope, accountId: string, data: Data) {
    super();
    this.envelope = envelope;
    this.account = accountId;
    this.data = data;
  }
}

/** A command that may leave the business time open: then it is the time of the decision. */
export type Asked<Data extends { readonly effectiveAt: string }> = Omit<Data, 'effectiveAt'> & { readonly effectiveAt?: string };

/** Runs a decider on the account that a command names. */
@Injectable()
export class Accounts {
  readonly #executor: CommandExecutor;

  constructor(@Inject(CommandExecutor) executor: CommandExecutor) {
    this.#executor = executor;
  }

  decide<Data extends object>(
    { envelope, account: id, data }: AccountCommand<Data>,
    decide: (account: Account, data: Data & { readonly effectiveAt: string }, now: string) => Decision<AccountEvent, AccountRejection>,
  ): Promise<Outcome<AccountRejection>> {
    const stream = accountStream(envelope.provider, id);
    return this.#executor.execute({
      aggregate: account,
      stream,
      envelope,
      decide: (state, now) => decide(state, { effectiveAt: now, ...data }, now),
    });
  }
}

/** The stream of a provider's account. The provider comes from the authenticated context, never from a body. */
export function accountStream(provider: string, id: string): string {
  return streamName({ slug: provider, kind: 'account', id });
}
