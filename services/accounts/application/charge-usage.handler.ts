import { Inject } from '@nestjs/common';
import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { CatalogReader } from '../../catalog/application/catalog-reader.ts';
import { reject } from '../../commands/domain/decision.ts';
import { rateUsage } from '../../rating/domain/rate-usage.ts';
import type { ChargeSource } from '../domain/account.events.ts';
import { postCharge } from '../domain/charging.decider.ts';
import { AccountCommand, Accounts } from './account-command.ts';

export interface ChargeUsageData {
  readonly priceBook: string;
  readonly band: string;
  /** Decimal text in the band's unit. */
  readonly quantity: string;
  /** The record's own id at its source. */
  readonly usageRecord: string;
  readonly source?: ChargeSource;
  readonly effectiveAt?: string;
}

/** Rates one usage record by the price version in force and charges the result. */
export class ChargeUsage extends AccountCommand<ChargeUsageData> {}

@CommandHandler(ChargeUsage)
export class ChargeUsageHandler implements ICommandHandler<ChargeUsage> {
  readonly #accounts: Accounts;
  readonly #catalog: CatalogReader;

  constructor(@Inject(Accounts) accounts: Accounts, @Inject(CatalogReader) catalog: CatalogReader) {
    this.#accounts = accounts;
    this.#catalog = catalog;
  }

  async execute(command: ChargeUsage) {
    const { data, envelope } = command;
    const price = await this.#catalog.priceVersion(envelope.provider, data.priceBook);
    return this.#accounts.decide(command, (state, asked) => {
      if (state.status === 'none') return reject({ code: 'account_not_found' });
      if (price === undefined) return reject({ code: 'price_book_not_found' });
      const rated = rateUsage(price, asked);
      if ('code' in rated) return reject(rated);
      const { usageRecord, effectiveAt, source } = asked;
      return postCharge(state, {
        amount: rated.amount,
        product: rated.product,
        ...(source !== undefined && { source }),
        description: rated.product,
        effectiveAt,
        rating: rated.trace,
        usageRecord,
      });
    });
  }
}
