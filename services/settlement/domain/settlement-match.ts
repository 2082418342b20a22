import { amountText } from '../../money/money.ts';
import type { EffectOf } from './chain-effect.ts';
import { type IssuedQuote, matchingQuote, type Slot } from './slot.ts';
import type { MatchedPayment, SettlementSubject } from './settlement.events.ts';
import { zeroAddress } from './quote.ts';
import { type KnownToken, tokenMoney, tokenOfAmount } from './token-amount.ts';

/** A slot as the ledger has it, with its stream. */
export interface FoundSlot {
  readonly stream: string;
  readonly state: Slot;
}

export type PaidEffect = EffectOf<'Settled'> | EffectOf<'Collected'> | EffectOf<'Purchased'>;

/**
 * Whose payment this is: that of the quote which the ledger issued for this very slot, token, amount, currency, fiat, kind and reference
 * (rule 6), also in a token that was taken then and is not now. Anything else was signed by somebody who stole the key, and is nobody's credit.
 */
export function matchPayment(effect: PaidEffect, { stream, state }: FoundSlot, token: KnownToken | undefined): SettlementSubject {
  const quote = quoteOf(effect, state);
  if (quote === undefined || state.status === 'none') return { unmatched: token === undefined ? 'token_unknown' : 'quote_unknown' };
  return { payment: paymentOf(effect, { state, stream, quote, token: tokenQuoted(quote) }) };
}

/** Every payment is at a quote: a collect is made for one that the payer of the mandate could have paid. */
function quoteOf(effect: PaidEffect, state: Slot): IssuedQuote | undefined {
  const { chainId, contract, providerId, log } = effect;
  switch (log.name) {
    case 'Settled':
      return matchingQuote(state, { module: 'settlement', chainId, contract, providerId, ...log });
    case 'Purchased':
      return matchingQuote(state, { module: 'escrow', chainId, contract, providerId, ...log });
    case 'Collected':
      return collectedQuote(state, effect as EffectOf<'Collected'>);
  }
}

function collectedQuote(state: Slot, { chainId, contract, providerId, log }: EffectOf<'Collected'>): IssuedQuote | undefined {
  if (state.status === 'none') return undefined;
  return state.quotes.findLast(({ terms, ...at }) => {
    if (terms.module !== 'settlement' || at.chainId !== chainId || at.contract !== contract) return false;
    const { quote } = terms;
    if (quote.payer !== zeroAddress && quote.payer !== log.payer) return false;
    const fields = ['seq', 'invoiceRef', 'token', 'amount'] as const;
    return quote.providerId === providerId && fields.every((field) => quote[field] === log[field]);
  });
}

function tokenQuoted({ terms, tokenCurrency, tokenAmount }: IssuedQuote): KnownToken {
  const { token: address, amount: units } = terms.module === 'settlement' ? terms.quote : terms.offer;
  return tokenOfAmount({ address, currency: tokenCurrency, amount: tokenAmount, units });
}

interface Matched {
  readonly state: Exclude<Slot, { readonly status: 'none' }>;
  readonly stream: string;
  readonly quote: IssuedQuote;
  readonly token: KnownToken;
}

function paymentOf({ log }: PaidEffect, { state, stream, quote, token }: Matched): MatchedPayment {
  const { seq, account, purpose, amount, currency } = state.opened;
  return {
    ...{ slot: seq, account, purpose, amount, currency, payer: log.payer },
    token: token.currency,
    tokenAddress: token.address,
    tokenAmount: amountText(tokenMoney(log.amount, token)),
    tokenUnits: log.amount,
    ...(log.name === 'Purchased' && { eventId: log.eventId }),
    quote: { stream, revision: quote.revision.toString() },
    rate: quote.rate,
  };
}
