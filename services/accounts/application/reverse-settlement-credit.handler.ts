import { Inject } from '@nestjs/common';
import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { type ReverseSettlementCreditData, reverseSettlementCredit } from '../domain/uncrediting.decider.ts';
import { AccountCommand, Accounts, type Asked } from './account-command.ts';

export class ReverseSettlementCredit extends AccountCommand<Asked<ReverseSettlementCreditData>> {}

@CommandHandler(ReverseSettlementCredit)
export class ReverseSettlementCreditHandler implements ICommandHandler<ReverseSettlementCredit> {
  readonly #accounts: Accounts;

  constructor(@Inject(Accounts) accounts: Accounts) {
    this.#accounts = accounts;
  }

  execute(command: ReverseSettlementCredit) {
    return this.#accounts.decide(command, reverseSettlementCredit);
  }
}
