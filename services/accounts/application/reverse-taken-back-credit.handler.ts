import { Inject } from '@nestjs/common';
import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { reverseTakenBackCredit, type ReverseTakenBackCreditData } from '../domain/taking-back.decider.ts';
import { AccountCommand, Accounts, type Asked } from './account-command.ts';

/** Takes the money of prepaid credit that was not burnt after all from the wallet of its account. */
export class ReverseTakenBackCredit extends AccountCommand<Asked<ReverseTakenBackCreditData>> {}

@CommandHandler(ReverseTakenBackCredit)
export class ReverseTakenBackCreditHandler implements ICommandHandler<ReverseTakenBackCredit> {
  readonly #accounts: Accounts;

  constructor(@Inject(Accounts) accounts: Accounts) {
    this.#accounts = accounts;
  }

  execute(command: ReverseTakenBackCredit) {
    return this.#accounts.decide(command, reverseTakenBackCredit);
  }
}
