import { amountText } from '../../../money/money.ts';
import { forAnybody } from '../../domain/draft-quote.ts';
import type { SignedTerms } from '../../domain/quote.ts';
import type { IssueQuoteData } from '../../domain/slot.decider.ts';
import type { QuoteIssued } from '../../domain/slot.events.ts';
import { type IssuedQuote, unitsOf } from '../../domain/slot.ts';
import { type KnownToken, tokenMoney } from '../../domain/token-amount.ts';
import type { SettlementChain } from '../settlement-chain.ts';
import { reorgWindowSeconds } from '../settlement-chains.ts';
import type { OfferedRate } from './rate-source.ts';

/** More than the mandate leaves that it is to be collected under. */
export type CapRejection = { readonly code: 'mandate_cap_exceeded'; readonly wanted: string; readonly left: string };

type Price = Pick<QuoteIssued, 'tokenCurrency' | 'tokenAmount' | 'rate' | 'reorgWindowSeconds'>;

/** What is signed, and what it comes from. */
export interface QuotePrice extends Price, Pick<IssueQuoteData, 'validity'> {
  readonly terms: SignedTerms;
}

/** The price that another payer holds, for anybody. */
export function heldPrice(
  { terms, tokenCurrency, tokenAmount, rate, reorgWindowSeconds: window }: IssuedQuote,
  { unitsMax }: { readonly unitsMax?: bigint },
): QuotePrice | CapRejection {
  const price = { tokenCurrency, tokenAmount, rate, reorgWindowSeconds: window };
  return aboveCap(unitsOf(terms), unitsMax) ?? { terms: forAnybody(terms), ...price };
}

export function aboveCap(units: bigint, unitsMax: bigint | undefined): CapRejection | undefined {
  if (unitsMax === undefined || units <= unitsMax) return undefined;
  return { code: 'mandate_cap_exceeded', wanted: units.toString(), left: unitsMax.toString() };
}

export function priceAt(units: bigint, token: KnownToken, offered: OfferedRate, chain: SettlementChain): Price {
  const { base, currency, rate, source, at, spreadBps } = offered;
  return {
    tokenCurrency: token.currency,
    tokenAmount: amountText(tokenMoney(units.toString(), token)),
    rate: { base, currency, rate, source, at, spreadBps },
    reorgWindowSeconds: reorgWindowSeconds(chain).toString(),
  };
}
