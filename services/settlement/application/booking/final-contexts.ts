import { chunks } from '../../../read-store/chunks.ts';
import { type EffectOf, tokenOfLog } from '../../domain/chain-effect.ts';
import type { FinalContext, HeldPurchases } from '../../domain/final-event.ts';
import { type ReferenceRate, referenceOf } from '../../domain/reference-rate.ts';
import type { MatchedPayment, SettlementObserved } from '../../domain/settlement.events.ts';
import { type KnownToken, tokenOfAmount } from '../../domain/token-amount.ts';
import type { BookRates } from '../quoting/book-rates.ts';
import { isCreditEffect } from '../credit/credit-subjects.ts';
import type { CreditTokens } from '../credit/credit-tokens.ts';
import type { EscrowPurchases } from '../escrow/escrow-purchases.ts';
import type { PurchaseFacts } from './purchase-facts.ts';
import type { ReferenceRates } from '../quoting/reference-rates.ts';
import type { SettlementChains } from '../settlement-chains.ts';

export interface FinalContextsOptions {
  readonly facts: PurchaseFacts;
  readonly chains: SettlementChains;
  readonly rates: ReferenceRates;
  readonly purchases: EscrowPurchases;
  readonly books: BookRates;
  readonly creditTokens: CreditTokens;
}

const readAtOnceMax = 32;

/** Gathers what the last decision on an effect needs beside its own stream: the token, the rate of the block's time, what the escrow holds. */
export class FinalContexts {
  readonly #options: FinalContextsOptions;

  constructor(options: FinalContextsOptions) {
    this.#options = options;
  }

  async of(provider: string, seen: SettlementObserved): Promise<FinalContext> {
    const { log, chainId } = seen;
    if (isCreditEffect(seen)) return { token: await this.#options.creditTokens.at(provider, seen) };
    const address = tokenOfLog(log);
    // A token may have left the configuration after customers were quoted in it, and bought with it.
    const token = address === undefined ? undefined : (this.#options.chains.tokenAt(chainId, address) ?? tokenOf(address, seen));
    if (log.name === 'EventCaptured') return this.#captured(provider, { ...seen, log }, token);
    if (token === undefined) return {};
    switch (log.name) {
      case 'Settled':
      case 'Collected':
        return seen.payment === undefined ? { token } : { token, ...(await this.#paid(provider, seen, seen.payment, token)) };
      case 'Refunded':
        return seen.refund === undefined
          ? { token }
          : { token, exchange: await this.#exchange(provider, seen, token, [seen.refund.currency]) };
      case 'Transfer':
      case 'NativeMoved':
        return { token, rate: await this.#rate(provider, seen, token, await this.#options.books.currencyOf(provider)) };
      default:
        return { token };
    }
  }

  async #captured(
    provider: string,
    seen: SettlementObserved & { readonly log: EffectOf<'EventCaptured'>['log'] },
    taken: KnownToken | undefined,
  ): Promise<FinalContext> {
    const held = await this.#held(provider, seen, seen.log);
    const [bought] = held.payments;
    const token = taken ?? (bought === undefined ? undefined : tokenOfPayment(bought));
    if (token === undefined) return { held };
    const currencies = new Set(held.payments.map(({ currency }) => currency));
    return { token, held, exchange: await this.#exchange(provider, seen, token, currencies) };
  }

  /** In the currency of the books where what is needed for that is known, else in the one that was paid for. */
  async #paid(provider: string, seen: SettlementObserved, payment: MatchedPayment, token: KnownToken): Promise<FinalContext> {
    const exchange = await this.#exchange(provider, seen, token, [payment.currency], referenceOf(payment.rate));
    const books = exchange.get(payment.currency)?.currency ?? payment.currency;
    const rate = await this.#rate(provider, seen, token, books);
    if (rate !== undefined || books === payment.currency) return { rate, exchange };
    return { rate: await this.#rate(provider, seen, token, payment.currency) };
  }

  #rate(provider: string, { block }: SettlementObserved, { currency: base }: KnownToken, currency: string) {
    return this.#options.rates.at(provider, { base, currency, time: block.time });
  }

  async #exchange(
    provider: string,
    { block }: SettlementObserved,
    { currency: token }: KnownToken,
    currencies: Iterable<string>,
    locked?: ReferenceRate,
  ): Promise<ReadonlyMap<string, ReferenceRate>> {
    const known = new Map<string, ReferenceRate>();
    for (const currency of currencies) {
      const rate = await this.#options.books.exchange(provider, { currency, token, time: block.time, locked });
      if (rate !== undefined) known.set(currency, rate);
    }
    return known;
  }

  async #held(
    provider: string,
    { chainId, contract }: SettlementObserved,
    { eventId, token }: EffectOf<'EventCaptured'>['log'],
  ): Promise<HeldPurchases> {
    const slots = await this.#options.purchases.slotsOf(provider, { chainId, contract, eventId, token });
    const payments: MatchedPayment[] = [];
    let unmatchedUnits = 0n;
    for (const some of chunks(slots, readAtOnceMax)) {
      for (const seen of await Promise.all(some.map((slot) => this.#options.facts.seen(provider, { chainId, contract, slot })))) {
        if (seen?.payment !== undefined) payments.push(seen.payment);
        else if (seen?.log.name === 'Purchased') unmatchedUnits += BigInt(seen.log.amount);
      }
    }
    return { payments, unmatchedUnits };
  }
}

/** Of what is somebody's: that was written down in its token when it was quoted, or ordered. */
function tokenOf(address: string, { log, payment, refund }: SettlementObserved): KnownToken | undefined {
  if (payment !== undefined) return tokenOfPayment(payment);
  if (refund === undefined || log.name !== 'Refunded') return undefined;
  return tokenOfAmount({ address, currency: refund.token, amount: refund.tokenAmount, units: log.amount });
}

function tokenOfPayment({ tokenAddress: address, token: currency, tokenAmount: amount, tokenUnits: units }: MatchedPayment): KnownToken {
  return tokenOfAmount({ address, currency, amount, units });
}
