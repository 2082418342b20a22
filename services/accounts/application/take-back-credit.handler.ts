import { Inject } from '@nestjs/common';
import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { takeBackCredit, type TakeBackCreditData } from '../domain/taking-back.decider.ts';
import { AccountCommand, Accounts, type Asked } from './account-command.ts';

/** Brings the money of prepaid credit that was burnt to the wallet of its account. */
export class TakeBackCredit extends AccountCommand<Asked<TakeBackCreditData>> {}

@CommandHandler(TakeBackCredit)
export class TakeBackCreditHandler implements ICommandHandler<TakeBackCredit> {
  readonly #accounts: Accounts;

  constructor(@Inject(Accounts) accounts: Accounts) {
    this.#accounts = accounts;
  }

  execute(command: TakeBackCredit) {
    return this.#accounts.decide(command, takeBackCredit);
  }
}
