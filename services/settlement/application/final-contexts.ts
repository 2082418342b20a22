import type { Currency } from '../../money/currency.ts';
import { chunks } from '../../read-store/chunks.ts';
import { tokenOfLog } from '../domain/chain-effect.ts';
import type { FinalContext, HeldPurchases } from '../domain/final-event.ts';
import type { MatchedPayment, SettlementObserved } from '../domain/settlement.events.ts';
import type { KnownToken } from '../domain/token-amount.ts';
import type { EscrowPurchases } from './escrow-purchases.ts';
import type { PurchaseFacts } from './purchase-facts.ts';
import type { ReferenceRates } from './reference-rates.ts';
import type { SettlementChains } from './settlement-chains.ts';

export interface FinalContextsOptions {
  readonly facts: PurchaseFacts;
  readonly chains: SettlementChains;
  readonly rates: ReferenceRates;
  readonly purchases: EscrowPurchases;
  /** What treasuries are kept in where a movement has no quote. */
  readonly bookCurrency: Currency;
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
    const address = tokenOfLog(log);
    const token = address === undefined ? undefined : this.#options.chains.tokenAt(chainId, address);
    if (token === undefined) return {};
    if (log.name === 'EventCaptured') return { token, held: await this.#held(provider, seen, { eventId: log.eventId, token }) };
    return { token, rate: await this.#rate(provider, seen, token) };
  }

  async #rate(provider: string, { log, payment, block }: SettlementObserved, { currency: base }: KnownToken) {
    const isTreasury = ['Settled', 'Collected', 'Transfer', 'NativeMoved'].includes(log.name);
    if (!isTreasury) return undefined;
    const currency = payment?.currency ?? this.#options.bookCurrency;
    return this.#options.rates.at(provider, { base, currency, time: block.time });
  }

  async #held(
    provider: string,
    { chainId, contract }: SettlementObserved,
    { eventId, token }: { readonly eventId: string; readonly token: KnownToken },
  ): Promise<HeldPurchases> {
    const slots = await this.#options.purchases.slotsOf(provider, { chainId, contract, eventId, token: token.address });
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
