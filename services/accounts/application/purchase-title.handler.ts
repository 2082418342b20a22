import { Inject } from '@nestjs/common';
import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { CatalogReader, type TitleVersion } from '../../catalog/application/catalog-reader.ts';
import { watchWindow } from '../../catalog/domain/title.ts';
import { createdOnAccountIdOf } from '../../commands/application/command-id.ts';
import { reject } from '../../commands/domain/decision.ts';
import { moneyOf } from '../../money/money.ts';
import type { PurchaseTitleData } from '../domain/account.commands.ts';
import type { ChargeSource } from '../domain/account.events.ts';
import { purchaseTitle } from '../domain/charging.decider.ts';
import { AccountCommand, Accounts } from './account-command.ts';

/** What pay-per-view is earned as. */
export const ppvProduct = 'ppv';

export interface PurchaseTitleRequest {
  readonly title: string;
  readonly source?: ChargeSource;
}

/** Buys a pay-per-view title at the price of its listing. The time of the decision counts, not one the caller names. */
export class PurchaseTitle extends AccountCommand<PurchaseTitleRequest> {}

@CommandHandler(PurchaseTitle)
export class PurchaseTitleHandler implements ICommandHandler<PurchaseTitle> {
  readonly #accounts: Accounts;
  readonly #catalog: CatalogReader;

  constructor(@Inject(Accounts) accounts: Accounts, @Inject(CatalogReader) catalog: CatalogReader) {
    this.#accounts = accounts;
    this.#catalog = catalog;
  }

  async execute(command: PurchaseTitle) {
    const { data, envelope } = command;
    const title = await this.#catalog.title(envelope.provider, data.title);
    return this.#accounts.decide(command, (state, { source }, now) => {
      if (state.status === 'none') return reject({ code: 'account_not_found' });
      if (title === undefined) return reject({ code: 'title_not_found' });
      if (title.cancelled !== undefined) return reject({ code: 'title_cancelled', title: data.title });
      const purchase = createdOnAccountIdOf(envelope.commandId, 'pur_', state.account);
      return purchaseTitle(state, { ...saleOf(title), purchase, effectiveAt: now, ...(source !== undefined && { source }) });
    });
  }
}

function saleOf({ stream, revision, listed }: TitleVersion): Omit<PurchaseTitleData, 'purchase' | 'effectiveAt' | 'source'> {
  return {
    title: { id: listed.title, name: listed.name, stream, revision: revision.toString() },
    product: ppvProduct,
    price: moneyOf(listed.price, listed.currency),
    sale: { from: listed.onSaleFrom, until: listed.onSaleUntil },
    entitlement: watchWindow(listed),
  };
}
