import { Inject } from '@nestjs/common';
import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { CloseChargesData } from '../domain/account.commands.ts';
import { closeCharges } from '../domain/closing.decider.ts';
import { AccountCommand, Accounts, type Asked } from './account-command.ts';

export class CloseCharges extends AccountCommand<Asked<CloseChargesData>> {}

@CommandHandler(CloseCharges)
export class CloseChargesHandler implements ICommandHandler<CloseCharges> {
  readonly #accounts: Accounts;

  constructor(@Inject(Accounts) accounts: Accounts) {
    this.#accounts = accounts;
  }

  execute(command: CloseCharges) {
    return this.#accounts.decide(command, closeCharges);
  }
}
