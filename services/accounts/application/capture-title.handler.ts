import { Inject } from '@nestjs/common';
import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { type CaptureTitleData, captureTitle } from '../domain/granting.decider.ts';
import { AccountCommand, Accounts, type Asked } from './account-command.ts';

export class CaptureTitle extends AccountCommand<Asked<CaptureTitleData>> {}

@CommandHandler(CaptureTitle)
export class CaptureTitleHandler implements ICommandHandler<CaptureTitle> {
  readonly #accounts: Accounts;

  constructor(@Inject(Accounts) accounts: Accounts) {
    this.#accounts = accounts;
  }

  execute(command: CaptureTitle) {
    return this.#accounts.decide(command, captureTitle);
  }
}
