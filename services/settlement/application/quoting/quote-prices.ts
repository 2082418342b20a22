import type { CommandExecutor } from '../../../commands/application/command-executor.ts';
import { amountText, moneyOf } from '../../../money/money.ts';
import { draftQuote, type QuoteDraftRejection } from '../../domain/draft-quote.ts';
import { checkRate, lockedRate, type RateRejection } from '../../domain/rate.ts';
import { bookCurrencyOf, settlementProvider } from '../../domain/settlement-provider.ts';
import type { OpenSlot } from '../../domain/slot.ts';
import { tokenMoney, tokenUnits } from '../../domain/token-amount.ts';
import { unitsWorth } from '../../domain/token-units.ts';
import type { CreditCaps } from '../credit/credit-caps.ts';
import { CreditTokens } from '../credit/credit-tokens.ts';
import type { SettlementChains } from '../settlement-chains.ts';
import { settlementProviderStream } from '../settlement-streams.ts';
import { aboveCap, type CapRejection, priceAt, type QuotePrice } from './quote-price.ts';
import type { RateSource } from './rate-source.ts';
import type { TokenScales } from './token-scales.ts';

/** Why a slot has no price in a token. */
export type PriceRejection =
  | QuoteDraftRejection
  | RateRejection
  | CapRejection
  | { readonly code: 'token_not_taken'; readonly token: string }
  | { readonly code: 'token_misconfigured'; readonly token: string }
  | { readonly code: 'credit_cap_exceeded'; readonly left: string; readonly currency: string }
  | { readonly code: 'rate_not_found'; readonly base: string; readonly currency: string };

export interface PriceAsked {
  /** Lower-case address. */
  readonly token: string;
  readonly payer: string;
  /** What the mandate leaves that it is to be collected under. */
  readonly unitsMax?: bigint;
  readonly after: bigint | undefined;
  readonly now: string;
  /** Called before the chain is asked. */
  readonly onCost: () => void;
}

export interface QuotePricesOptions {
  readonly executor: CommandExecutor;
  readonly rates: RateSource;
  readonly chains: SettlementChains;
  readonly scales: TokenScales;
  readonly caps: CreditCaps;
}

/** What a slot costs in a token, where the provider takes that and knows what it is worth. */
export class QuotePrices {
  readonly #options: QuotePricesOptions;

  constructor(options: QuotePricesOptions) {
    this.#options = options;
  }

  /** At the rate of now. Throws chain faults. */
  async of(
    provider: string,
    open: OpenSlot,
    { token, payer, unitsMax, after, now, onCost }: PriceAsked,
  ): Promise<QuotePrice | PriceRejection> {
    const { executor, rates, chains, scales } = this.#options;
    const { opened, place } = open;
    const chain = chains.find(place.chainId);
    const taken = chains.tokenAt(place.chainId, token);
    if (chain === undefined || taken === undefined) return { code: 'token_not_taken', token };
    onCost();
    // A wrong number of decimals in the configuration would sell for a millionth of the price, and every part of the product would agree.
    if ((await scales.decimalsOf(place.chainId, token)) !== taken.decimals) return { code: 'token_misconfigured', token };
    const tooMuch = opened.purpose.kind === 'credit' ? await this.#capRefusal(provider, open) : undefined;
    if (tooMuch !== undefined) return tooMuch;
    const rate = await rates.rateOf(provider, taken.currency, opened.currency);
    if (rate === undefined) return { code: 'rate_not_found', base: taken.currency, currency: opened.currency };
    const stale = checkRate(rate, rate, now);
    if (stale !== undefined) return stale;
    const books = bookCurrencyOf(await executor.current(settlementProvider, settlementProviderStream(provider), provider));
    // What is paid goes into the books in their own currency: nothing is taken that could not be valued there, by a rate of now.
    const inBooks = books === opened.currency ? rate : await rates.rateOf(provider, taken.currency, books);
    if (inBooks === undefined) return { code: 'rate_not_found', base: taken.currency, currency: books };
    const staleInBooks = checkRate(inBooks, inBooks, now);
    if (staleInBooks !== undefined) return staleInBooks;
    const units = unitsWorth(moneyOf(opened.amount, opened.currency), lockedRate(rate), taken.decimals);
    const above = aboveCap(units, unitsMax);
    if (above !== undefined) return above;
    const terms = draftQuote(open, { payer, token, units, now, quoteSeconds: rate.quoteSeconds, after });
    return 'code' in terms ? terms : { terms, validity: rate, ...priceAt(units, taken, rate, chain) };
  }

  /** Nobody pays for credit that cannot be given out today. Who comes at the same time, and is too late, gets it when the day turns. */
  async #capRefusal(provider: string, { opened, place }: OpenSlot): Promise<PriceRejection | undefined> {
    const { executor, caps } = this.#options;
    const token = await new CreditTokens(executor).of(provider, place.chainId);
    if (token === undefined) return undefined; // It is not opened without one.
    const left = await caps.leftOf(place.chainId, token);
    const units = tokenUnits(moneyOf(opened.amount, opened.currency), token);
    if (units !== undefined && units <= left) return undefined;
    return { code: 'credit_cap_exceeded', left: amountText(tokenMoney(left.toString(), token)), currency: token.currency };
  }
}
