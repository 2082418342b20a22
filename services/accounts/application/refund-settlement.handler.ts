import { Inject } from '@nestjs/common';
import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { type RefundSettlementData, refundSettlement } from '../domain/refunding.decider.ts';
import { AccountCommand, Accounts, type Asked } from './account-command.ts';

export class RefundSettlement extends AccountCommand<Asked<RefundSettlementData>> {}

@CommandHandler(RefundSettlement)
export class RefundSettlementHandler implements ICommandHandler<RefundSettlement> {
  readonly #accounts: Accounts;

  constructor(@Inject(Accounts) accounts: Accounts) {
    this.#accounts = accounts;
  }

  execute(command: RefundSettlement) {
    return this.#accounts.decide(command, refundSettlement);
  }
}
