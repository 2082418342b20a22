import type { CommandExecutor } from '../../../commands/application/command-executor.ts';
import type { Currency } from '../../../money/currency.ts';
import { crossRate, type ReferenceRate } from '../../domain/reference-rate.ts';
import { bookCurrencyOf, settlementProvider } from '../../domain/settlement-provider.ts';
import type { ReferenceRates } from './reference-rates.ts';
import { settlementProviderStream } from '../settlement-streams.ts';

export interface ExchangeAsked {
  /** Of a customer. */
  readonly currency: string;
  /** Currency code of the token that moved. */
  readonly token: string;
  /** UTC ISO text. */
  readonly time: string;
  /** What the token was worth in that currency by the quote, for a time of which nothing better is known. */
  readonly locked?: ReferenceRate | undefined;
}

/** The currency of a provider's own books, and what the currencies of its customers are worth in it. */
export class BookRates {
  readonly #executor: CommandExecutor;
  readonly #rates: ReferenceRates;

  constructor(executor: CommandExecutor, rates: ReferenceRates) {
    [this.#executor, this.#rates] = [executor, rates];
  }

  async currencyOf(provider: string): Promise<Currency> {
    return bookCurrencyOf(await this.#executor.current(settlementProvider, settlementProviderStream(provider), provider));
  }

  /**
   * The rate that the provider wrote down for the two, else what follows from those of the token in each. Undefined where the currency is that
   * of the books, and where nobody can tell: then the amount is kept in the currency that it is in.
   */
  async exchange(provider: string, { currency, token, time, locked }: ExchangeAsked): Promise<ReferenceRate | undefined> {
    const books = await this.currencyOf(provider);
    if (books === currency) return undefined;
    const written = await this.#rates.at(provider, { base: currency, currency: books, time });
    if (written !== undefined) return written;
    const inBooks = await this.#rates.at(provider, { base: token, currency: books, time });
    const inTheirs = (await this.#rates.at(provider, { base: token, currency, time })) ?? locked;
    return inBooks === undefined || inTheirs === undefined ? undefined : crossRate(inBooks, inTheirs);
  }
}
