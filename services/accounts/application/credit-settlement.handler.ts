import { Inject } from '@nestjs/common';
import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { type CreditSettlementData, creditSettlement } from '../domain/crediting.decider.ts';
import { AccountCommand, Accounts, type Asked } from './account-command.ts';

export class CreditSettlement extends AccountCommand<Asked<CreditSettlementData>> {}

@CommandHandler(CreditSettlement)
export class CreditSettlementHandler implements ICommandHandler<CreditSettlement> {
  readonly #accounts: Accounts;

  constructor(@Inject(Accounts) accounts: Accounts) {
    this.#accounts = accounts;
  }

  execute(command: CreditSettlement) {
    return this.#accounts.decide(command, creditSettlement);
  }
}
