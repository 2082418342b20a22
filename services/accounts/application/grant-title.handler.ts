import { Inject } from '@nestjs/common';
import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { CatalogReader } from '../../catalog/application/catalog-reader.ts';
import { watchWindow } from '../../catalog/domain/title.ts';
import { createdOnAccountIdOf } from '../../commands/application/command-id.ts';
import { reject } from '../../commands/domain/decision.ts';
import { type GrantTitleData, grantTitle } from '../domain/granting.decider.ts';
import { AccountCommand, Accounts } from './account-command.ts';
import { ppvProduct } from './purchase-title.handler.ts';

export type GrantTitleRequest = Omit<GrantTitleData, 'purchase' | 'entitlement' | 'product'>;

/** Opens the window of a title that is paid on chain, as its listing has it. */
export class GrantTitle extends AccountCommand<GrantTitleRequest> {}

@CommandHandler(GrantTitle)
export class GrantTitleHandler implements ICommandHandler<GrantTitle> {
  readonly #accounts: Accounts;
  readonly #catalog: CatalogReader;

  constructor(@Inject(Accounts) accounts: Accounts, @Inject(CatalogReader) catalog: CatalogReader) {
    this.#accounts = accounts;
    this.#catalog = catalog;
  }

  async execute(command: GrantTitle) {
    const { envelope, data } = command;
    const title = await this.#catalog.title(envelope.provider, data.title.id);
    return this.#accounts.decide(command, (state) => {
      if (state.status === 'none') return reject({ code: 'account_not_found' });
      if (title === undefined) return reject({ code: 'title_not_found' });
      const purchase = createdOnAccountIdOf(envelope.commandId, 'pur_', state.account);
      return grantTitle(state, { ...data, purchase, product: ppvProduct, entitlement: watchWindow(title.listed) });
    });
  }
}
