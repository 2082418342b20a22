import { Inject } from '@nestjs/common';
import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { type EndTitleGrantData, endTitleGrant } from '../domain/granting.decider.ts';
import { AccountCommand, Accounts, type Asked } from './account-command.ts';

export class EndTitleGrant extends AccountCommand<Asked<EndTitleGrantData>> {}

@CommandHandler(EndTitleGrant)
export class EndTitleGrantHandler implements ICommandHandler<EndTitleGrant> {
  readonly #accounts: Accounts;

  constructor(@Inject(Accounts) accounts: Accounts) {
    this.#accounts = accounts;
  }

  execute(command: EndTitleGrant) {
    return this.#accounts.decide(command, endTitleGrant);
  }
}
