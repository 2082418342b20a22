import { Inject } from '@nestjs/common';
import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { TopUpData } from '../domain/account.commands.ts';
import { topUp } from '../domain/charging.decider.ts';
import { AccountCommand, Accounts, type Asked } from './account-command.ts';

export class TopUp extends AccountCommand<Asked<TopUpData>> {}

@CommandHandler(TopUp)
export class TopUpHandler implements ICommandHandler<TopUp> {
  readonly #accounts: Accounts;

  constructor(@Inject(Accounts) accounts: Accounts) {
    this.#accounts = accounts;
  }

  execute(command: TopUp) {
    return this.#accounts.decide(command, topUp);
  }
}
