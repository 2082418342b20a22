import { Inject } from '@nestjs/common';
import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { type ReturnRefundData, returnRefund } from '../domain/returning.decider.ts';
import { AccountCommand, Accounts, type Asked } from './account-command.ts';

/** Gives an account back what was set apart for a refund that nothing came of. */
export class ReturnRefund extends AccountCommand<Asked<ReturnRefundData>> {}

@CommandHandler(ReturnRefund)
export class ReturnRefundHandler implements ICommandHandler<ReturnRefund> {
  readonly #accounts: Accounts;

  constructor(@Inject(Accounts) accounts: Accounts) {
    this.#accounts = accounts;
  }

  execute(command: ReturnRefund) {
    return this.#accounts.decide(command, returnRefund);
  }
}
