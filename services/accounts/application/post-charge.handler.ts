import { Inject } from '@nestjs/common';
import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { PostChargeData } from '../domain/account.commands.ts';
import { postCharge } from '../domain/charging.decider.ts';
import { AccountCommand, Accounts, type Asked } from './account-command.ts';

export class PostCharge extends AccountCommand<Asked<PostChargeData>> {}

@CommandHandler(PostCharge)
export class PostChargeHandler implements ICommandHandler<PostCharge> {
  readonly #accounts: Accounts;

  constructor(@Inject(Accounts) accounts: Accounts) {
    this.#accounts = accounts;
  }

  execute(command: PostCharge) {
    return this.#accounts.decide(command, postCharge);
  }
}
