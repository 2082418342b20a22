import type { CheckoutView } from '../../application/checkout/checkout-view.ts';
import type { SettlementChain } from '../../application/settlement-chain.ts';
import { deadlineOf, type IssuedQuote, tokenOf, unitsOf } from '../../domain/slot.ts';
import { noTerms } from '../../domain/terms.ts';
import type { KnownToken } from '../../domain/token-amount.ts';
import type { CheckoutBody, CheckoutQuoteBody } from './checkout.bodies.ts';
import { relayRefusal } from './relay-refusal.ts';

interface Beside {
  /** Undefined for a chain that is configured no more. */
  readonly chain: SettlementChain | undefined;
  /** EIP-681 by the digest of a quote. */
  readonly coinLinks: ReadonlyMap<string, string | undefined>;
}

/** A checkout as anybody with its link may see it. No account, no customer, no salt. */
export function checkoutBody(id: string, view: CheckoutView, { chain, coinLinks }: Beside): CheckoutBody {
  const { opened, place } = view.slot;
  const { purpose } = opened;
  return {
    ...{ id, state: view.state, legalName: view.profile.legalName, kind: purpose.kind },
    ...(purpose.kind === 'invoice' && { invoice: purpose.number }),
    ...(purpose.kind === 'title' && { title: purpose.title.name }),
    ...{ amount: opened.amount, currency: opened.currency },
    ...{ chainId: place.chainId, contract: place.contract, module: place.module, providerId: opened.providerId, seq: opened.seq },
    ...(opened.termsHash !== noTerms && { terms: opened.termsHash }),
    ...(view.blocksNeeded !== undefined && { confirmationsNeeded: view.blocksNeeded.toString() }),
    ...(view.isDelayed && { delayed: true }),
    ...networkOf(chain),
    tokens: chain?.tokens ?? [],
    quotes: view.quotes.map((quote) => quoteBody(quote, coinLinks.get(quote.digest))),
    ...(view.credit !== undefined && { credit: creditOf(view.credit) }),
    ...(view.over !== undefined && { over: view.over.code }),
    ...paymentOf(view),
    ...transactionOf(view),
    ...relayOf(view),
  };
}

export function quoteBody(quote: IssuedQuote, eip681?: string): CheckoutQuoteBody {
  const { terms, tokenCurrency, tokenAmount, rate, digest } = quote;
  const token = tokenOf(terms);
  const units = unitsOf(terms).toString();
  return {
    ...{ token, tokenCurrency, tokenAmount, units, digest },
    ...{ rate: rate.rate, rateSource: rate.source, rateAt: rate.at, spreadBps: rate.spreadBps },
    deadline: new Date(Number(deadlineOf(terms)) * 1000).toISOString(),
    ...(eip681 !== undefined && { eip681 }),
  };
}

function creditOf({ address, currency, decimals }: KnownToken): NonNullable<CheckoutBody['credit']> {
  return { address, currency, decimals };
}

function networkOf(chain: SettlementChain | undefined): Pick<CheckoutBody, 'network' | 'explorerUrl' | 'walletRpcUrl'> {
  const { name, explorerUrl, walletRpcUrl } = chain?.display ?? {};
  return {
    ...(name !== undefined && { network: name }),
    ...(explorerUrl !== undefined && { explorerUrl }),
    ...(walletRpcUrl !== undefined && { walletRpcUrl }),
  };
}

function paymentOf({ payment, depth }: CheckoutView): Pick<CheckoutBody, 'payment'> {
  if (payment === undefined) return {};
  const { tx, block, paid } = payment;
  const confirmations = depth === undefined ? {} : { confirmations: depth.toString() };
  const receipt =
    paid === undefined
      ? {}
      : {
          ...{ tokenCurrency: paid.token, tokenAmount: paid.tokenAmount },
          ...{ rate: paid.rate.rate, rateSource: paid.rate.source, rateAt: paid.rate.at, spreadBps: paid.rate.spreadBps },
        };
  return { payment: { tx, block: block.number, blockHash: block.hash, blockTime: block.time, ...confirmations, ...receipt } };
}

function transactionOf({ sent }: CheckoutView): Pick<CheckoutBody, 'transaction'> {
  return sent === undefined ? {} : { transaction: sent };
}

function relayOf({ relay }: CheckoutView): Pick<CheckoutBody, 'relay'> {
  if (relay === undefined) return {};
  const { status, tx, failure } = relay;
  return { relay: { state: status, ...(tx !== undefined && { tx }), ...(failure !== undefined && { refusal: relayRefusal(failure) }) } };
}
