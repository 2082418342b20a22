import type { Decision } from '../../commands/domain/decision.ts';
import { amountText, type Money, moneyOf } from '../../money/money.ts';
import type { Posting } from '../../money/posting.ts';
import type { CreditShare } from './credit-holding.ts';
import { type ReferenceRate, worthAt } from './reference-rate.ts';
import type { PostedPayment, TokenMove } from './settlement-postings.ts';
import { type BookExchange, type MatchedPayment, placeOf, type SettlementEvent, type SettlementFinalized } from './settlement.events.ts';
import type { PendingSettlement } from './settlement.ts';
import type { KnownToken } from './token-amount.ts';

/* What every last event of an effect is made of. */

/** What the ledger knows of an effect beside its own stream, when it becomes final. */
export interface FinalContext {
  /** The token that moved; undefined for one that the ledger has no currency for. */
  readonly token?: KnownToken | undefined;
  /** Of the block's time, in the currency of the books; asked for wherever the treasury is touched. */
  readonly rate?: ReferenceRate | undefined;
  /** What the currencies of customers are worth in that of the books, by currency. The currency of the books itself is not among them. */
  readonly exchange?: ReadonlyMap<string, ReferenceRate>;
  /** Of an effect on prepaid credit: whose it was. */
  readonly creditShares?: readonly CreditShare[];
  /** What the escrow holds for a captured event in this token. */
  readonly held?: HeldPurchases | undefined;
}

export interface HeldPurchases {
  readonly payments: readonly MatchedPayment[];
  /** Units that were paid by quotes which the ledger never issued. */
  readonly unmatchedUnits: bigint;
}

/** What the contract paid out is not what the ledger knows that it held. */
export type FinalRejection = { readonly code: 'capture_sum_differs'; readonly captured: string; readonly held: string };

export type FinalDecision = Decision<SettlementEvent, FinalRejection>;

type FinalFacts = Omit<SettlementFinalized, keyof ReturnType<typeof placeOf> | 'name' | 'effectiveAt' | 'postings'>;

/** The end of an effect that is somebody's, or that moves nothing. */
export function final({ seen }: PendingSettlement, facts: FinalFacts, postings: readonly Posting[]): SettlementEvent {
  const data = { ...placeOf(seen), name: seen.log.name, ...facts, effectiveAt: seen.block.time, postings };
  return { type: 'SettlementFinalized/1', data };
}

/** What counts for an account, of a payment or of a refund. */
interface Counted {
  readonly account: string;
  readonly amount: string;
  readonly currency: string;
}

/** The same, as it is posted. */
export function posted({ seen }: PendingSettlement, { account, amount, currency }: Counted): PostedPayment {
  return { chain: seen.chainId, account, fiat: moneyOf(amount, currency) };
}

/** The same, in its token. */
export function moved(
  { seen }: PendingSettlement,
  { token, tokenAmount }: { readonly token: string; readonly tokenAmount: string },
): TokenMove {
  return { chain: seen.chainId, token, amount: moneyOf(tokenAmount, token) };
}

/** What an amount of a customer is in the currency of the books, and the rate as the event tells it. */
export function inBooks(fiat: Money, { exchange }: FinalContext): { readonly counted: Money; readonly fact: { exchange?: BookExchange } } {
  const rate = exchange?.get(fiat.currency);
  if (rate === undefined) return { counted: fiat, fact: {} };
  const counted = worthAt(rate, fiat);
  return { counted, fact: { exchange: { rate, amount: amountText(counted) } } };
}
