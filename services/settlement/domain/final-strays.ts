import type { CryptoHolding } from '../../accounts/domain/chart.ts';
import { accept } from '../../commands/domain/decision.ts';
import { amountText } from '../../money/money.ts';
import type { Posting } from '../../money/posting.ts';
import { type EffectOf, tokenOfLog } from './chain-effect.ts';
import { final, type FinalContext, type FinalDecision } from './final-event.ts';
import { zeroAddress } from './quote.ts';
import { valueAt } from './reference-rate.ts';
import {
  floatMovedPostings,
  floatTokenPostings,
  type TokenMove,
  unexplainedPostings,
  unmatchedPostings,
  withdrawnPostings,
} from './settlement-postings.ts';
import { placeOf, type SettlementEvent, type TreasuryMoved, type UnmatchedReason } from './settlement.events.ts';
import type { PendingSettlement } from './settlement.ts';
import { tokenMoney } from './token-amount.ts';

/* Money that went past the contracts, or that nobody can be found for. */

/** Where money leaves to when the ledger does not watch the place. */
const withdrawnMethod = 'withdrawn';

/** Money that went past the contracts: a stray into the treasury, or the provider's own. */
export function transferred(state: PendingSettlement, context: FinalContext, log: EffectOf<'Transfer'>['log']): FinalDecision {
  const { from, fromRole, to, toRole, amount } = log;
  if (toRole === 'treasury' && fromRole === 'other') {
    return accept(unmatched(state, context, { holding: 'treasury', from, units: amount }));
  }
  if (toRole === 'refunder' && fromRole === 'other') {
    return accept(unmatched(state, context, { holding: 'refund-float', from, units: amount }));
  }
  if (fromRole === 'refunder' && toRole === 'other') {
    return accept(unmatched(state, context, { holding: 'refund-float', from, units: amount, isOutgoing: true }));
  }
  if (fromRole === toRole) return accept(final(state, {}, [])); // From one treasury to another: nothing came or went.
  const direction = toRole === 'refunder' ? 'to-refunder' : fromRole === 'refunder' ? 'from-refunder' : 'out';
  return accept(treasuryMoved(state, context, { direction, from, to, units: amount }));
}

/** A balance that changed without a log of ours: where it came from, or went to, nobody can tell. */
export function nativeMoved(state: PendingSettlement, context: FinalContext, log: EffectOf<'NativeMoved'>['log']): FinalDecision {
  const holding = log.role === 'treasury' ? 'treasury' : 'refund-float';
  const { address, amount, direction } = log;
  if (holding === 'treasury' && direction === 'out') {
    return accept(treasuryMoved(state, context, { direction: 'out', from: address, to: '', units: amount }));
  }
  const isOutgoing = direction === 'out';
  return accept(unmatched(state, context, { holding, from: isOutgoing ? address : '', units: amount, isOutgoing }));
}

/** It is worth what it is worth at the block's time; where no rate is known, its tokens are booked, and somebody has to look. */
function treasuryMoved(
  state: PendingSettlement,
  context: FinalContext,
  { direction, from, to, units }: Pick<TreasuryMoved, 'direction' | 'from' | 'to'> & { readonly units: string },
): SettlementEvent {
  const { seen } = state;
  const { token, rate } = context;
  if (token === undefined || rate === undefined) return unvalued(state, context, { direction, from, units });
  const fiat = valueAt(rate, units, token);
  const move = { chain: seen.chainId, token: token.currency, amount: tokenMoney(units, token) };
  const postings = direction === 'out' ? withdrawnPostings(withdrawnMethod, fiat, move) : floatMovedPostings(direction, fiat, move);
  const amounts = { token: token.currency, tokenAmount: amountText(move.amount), amount: amountText(fiat), currency: fiat.currency };
  const data = { ...placeOf(seen), direction, from, to, ...amounts, rate, effectiveAt: seen.block.time, postings };
  return { type: 'TreasuryMoved/1', data };
}

/** Between treasury and float nothing came or went, so nothing of it is suspense: no account can ever be given it. */
function unvalued(
  state: PendingSettlement,
  context: FinalContext,
  { direction, from, units }: Pick<TreasuryMoved, 'direction' | 'from'> & { readonly units: string },
): SettlementEvent {
  const reason = 'rate_unknown';
  if (direction === 'out') return unmatched(state, context, { holding: 'treasury', from, units, isOutgoing: true, reason });
  const post = (move: TokenMove) => floatTokenPostings(direction, move);
  return unmatched(state, context, { holding: 'refund-float', from, units, isOutgoing: direction === 'from-refunder', reason, post });
}

interface UnmatchedMove {
  readonly holding: CryptoHolding;
  readonly from: string;
  readonly units: string;
  readonly isOutgoing?: boolean;
  /** Absent: why nobody was found when it was seen. */
  readonly reason?: UnmatchedReason;
  /** Absent: against suspense. */
  readonly post?: (move: TokenMove) => Posting[];
}

/** Nobody was found: it waits for somebody to look. */
export function unmatched({ seen }: PendingSettlement, { token }: FinalContext, move: UnmatchedMove): SettlementEvent {
  const { log, chainId, block } = seen;
  const reason = token === undefined ? tokenUnknown : (move.reason ?? seen.unmatched ?? stray);
  const { holding, from, isOutgoing = false } = move;
  const what = { name: log.name, reason, holding, direction: isOutgoing ? ('out' as const) : ('in' as const), from };
  const place = { ...placeOf(seen), ...what, tokenAddress: tokenOfLog(log) ?? zeroAddress };
  if (token === undefined) return { type: 'ReceiptUnmatched/1', data: { ...place, effectiveAt: block.time, postings: [] } };
  const amount = tokenMoney(move.units, token);
  const { post = (suspended) => (isOutgoing ? unexplainedPostings : unmatchedPostings)(holding, suspended) } = move;
  const postings = amount.amount === 0n ? [] : post({ chain: chainId, token: token.currency, amount });
  const known = { token: token.currency, tokenAmount: amountText(amount), effectiveAt: block.time, postings };
  return { type: 'ReceiptUnmatched/1', data: { ...place, ...known } };
}

const tokenUnknown: UnmatchedReason = 'token_unknown';
const stray: UnmatchedReason = 'stray_transfer';
