import { accept, type Decision, reject } from '../../commands/domain/decision.ts';
import { amountText, type Money, moneyOf } from '../../money/money.ts';
import { roundToPayable } from '../../money/rounding.ts';
import { type ReferenceRate, worthAt } from './reference-rate.ts';
import { allocatedPostings } from './settlement-postings.ts';
import { placeOf, type ReceiptUnmatched, type SettlementEvent } from './settlement.events.ts';
import type { Settlement } from './settlement.ts';

export type AllocationRejection =
  | { readonly code: 'receipt_not_found' }
  | { readonly code: 'receipt_already_allocated'; readonly account: string }
  /** It lies elsewhere than in the treasury, it is missing and not there, or its token has no currency. */
  | { readonly code: 'receipt_not_allocatable'; readonly reason: string }
  | { readonly code: 'receipt_rate_unknown'; readonly base: string }
  | { readonly code: 'amount_not_payable'; readonly amount: string; readonly currency: string };

export interface AllocateReceiptData {
  readonly account: string;
  /** What the token is worth in the currency of the account, when staff decide; undefined where nobody knows. */
  readonly rate: ReferenceRate | undefined;
  /** What that currency is worth in the one of the books, where it is another. */
  readonly exchange?: ReferenceRate | undefined;
  readonly reason: string;
  readonly effectiveAt: string;
}

/** Staff say whose an unmatched receipt is; it counts for what it is worth then, rounded down to what can be paid. */
export function allocateReceipt(state: Settlement, data: AllocateReceiptData): Decision<SettlementEvent, AllocationRejection> {
  if (state.status === 'allocated') return reject({ code: 'receipt_already_allocated', account: state.account });
  if (state.status !== 'unmatched') return reject({ code: 'receipt_not_found' });
  const { receipt } = state;
  const token = allocatable(receipt);
  if (token === undefined) return reject({ code: 'receipt_not_allocatable', reason: receipt.reason });
  const { account, rate, exchange, reason, effectiveAt } = data;
  if (rate === undefined) return reject({ code: 'receipt_rate_unknown', base: token.currency });
  const fiat = roundToPayable(worthAt(rate, token), 'down');
  const amounts = { amount: amountText(fiat), currency: fiat.currency };
  if (fiat.amount === 0n) return reject({ code: 'amount_not_payable', ...amounts });
  const move = { chain: receipt.chainId, token: token.currency, amount: token };
  const counted = exchange === undefined ? fiat : worthAt(exchange, fiat);
  const postings = allocatedPostings({ chain: receipt.chainId, account, fiat }, counted, move);
  const facts = {
    ...{ account, token: token.currency, tokenAmount: amountText(token), ...amounts, rate },
    ...(exchange !== undefined && { exchange: { rate: exchange, amount: amountText(counted) } }),
    ...{ reason, effectiveAt },
  };
  return accept({ type: 'ReceiptAllocated/1', data: { ...placeOf(receipt), ...facts, postings } });
}

function allocatable({ holding, direction, token, tokenAmount }: ReceiptUnmatched): Money | undefined {
  if (holding !== 'treasury' || direction !== 'in' || token === undefined || tokenAmount === undefined) return undefined;
  const amount = moneyOf(tokenAmount, token);
  return amount.amount === 0n ? undefined : amount;
}
