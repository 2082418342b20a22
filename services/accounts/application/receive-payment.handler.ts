import { Inject } from '@nestjs/common';
import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { ReceivePaymentData } from '../domain/account.commands.ts';
import { receivePayment } from '../domain/payment.decider.ts';
import { AccountCommand, Accounts, type Asked } from './account-command.ts';

export class ReceivePayment extends AccountCommand<Asked<ReceivePaymentData>> {}

@CommandHandler(ReceivePayment)
export class ReceivePaymentHandler implements ICommandHandler<ReceivePayment> {
  readonly #accounts: Accounts;

  constructor(@Inject(Accounts) accounts: Accounts) {
    this.#accounts = accounts;
  }

  execute(command: ReceivePayment) {
    return this.#accounts.decide(command, receivePayment);
  }
}
