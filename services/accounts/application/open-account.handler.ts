import { Inject } from '@nestjs/common';
import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { OpenAccountData } from '../domain/account.commands.ts';
import { openAccount } from '../domain/account.decider.ts';
import { AccountCommand, Accounts } from './account-command.ts';

export class OpenAccount extends AccountCommand<OpenAccountData> {}

@CommandHandler(OpenAccount)
export class OpenAccountHandler implements ICommandHandler<OpenAccount> {
  readonly #accounts: Accounts;

  constructor(@Inject(Accounts) accounts: Accounts) {
    this.#accounts = accounts;
  }

  execute(command: OpenAccount) {
    return this.#accounts.decide(command, openAccount);
  }
}
