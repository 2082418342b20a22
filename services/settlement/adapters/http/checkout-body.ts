import type { CheckoutView } from '../../application/checkout-view.ts';
import type { SettlementChains } from '../../application/settlement-chains.ts';
import { deadlineOf, type IssuedQuote, tokenOf } from '../../domain/slot.ts';
import { noTerms } from '../../domain/terms.ts';
import type { CheckoutBody, CheckoutQuoteBody } from './checkout.bodies.ts';

/** A checkout as anybody with its link may see it. No account, no customer, no salt. */
export function checkoutBody(id: string, view: CheckoutView, chains: SettlementChains): CheckoutBody {
  const { opened, place } = view.slot;
  const { purpose } = opened;
  return {
    ...{ id, state: view.state, legalName: view.profile.legalName, kind: purpose.kind },
    ...(purpose.kind === 'invoice' && { invoice: purpose.number }),
    ...(purpose.kind === 'title' && { title: purpose.title.name }),
    ...{ amount: opened.amount, currency: opened.currency },
    ...{ chainId: place.chainId, contract: place.contract, module: place.module, providerId: opened.providerId, seq: opened.seq },
    ...(opened.termsHash !== noTerms && { terms: opened.termsHash }),
    tokens: chains.find(place.chainId)?.tokens ?? [],
    quotes: view.quotes.map((quote) => quoteBody(quote)),
    ...paymentOf(view),
    ...transactionOf(view),
  };
}

export function quoteBody(quote: IssuedQuote, eip681?: string): CheckoutQuoteBody {
  const { terms, tokenCurrency, tokenAmount, rate, digest } = quote;
  const token = tokenOf(terms);
  const units = terms.module === 'settlement' ? terms.quote.amount : terms.offer.amount;
  return {
    ...{ token, tokenCurrency, tokenAmount, units, digest },
    ...{ rate: rate.rate, rateSource: rate.source, rateAt: rate.at, spreadBps: rate.spreadBps },
    deadline: new Date(Number(deadlineOf(terms)) * 1000).toISOString(),
    ...(eip681 !== undefined && { eip681 }),
  };
}

function paymentOf({ payment, depth }: CheckoutView): Pick<CheckoutBody, 'payment'> {
  if (payment === undefined) return {};
  const { tx, block } = payment;
  const confirmations = depth === undefined ? {} : { confirmations: depth.toString() };
  return { payment: { tx, block: block.number, blockHash: block.hash, ...confirmations } };
}

function transactionOf({ sent }: CheckoutView): Pick<CheckoutBody, 'transaction'> {
  if (sent === undefined) return {};
  const { state } = sent;
  if (sent.state === 'reverted') return { transaction: { state, block: sent.block, refusal: sent.refusal } };
  return { transaction: { state, ...(sent.state === 'included' && { block: sent.block }) } };
}
