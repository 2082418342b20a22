import type { CryptoHolding } from '../../accounts/domain/chart.ts';
import { accept, type Decision, reject } from '../../commands/domain/decision.ts';
import { amountText, moneyOf, subtract } from '../../money/money.ts';
import type { Currency } from '../../money/currency.ts';
import type { Posting } from '../../money/posting.ts';
import { divide } from '../../money/rounding.ts';
import { type EffectOf, tokenOfLog } from './chain-effect.ts';
import { zeroAddress } from './quote.ts';
import { type ReferenceRate, referenceOf, valueAt } from './reference-rate.ts';
import {
  capturedPostings,
  floatMovedPostings,
  type PostedValue,
  purchasedPostings,
  purchaseRefundedPostings,
  refundedPostings,
  settledPostings,
  type TokenMove,
  unexplainedPostings,
  unmatchedPostings,
  withdrawnPostings,
} from './settlement-postings.ts';
import {
  type CapturedShare,
  type MatchedPayment,
  placeOf,
  type SettlementEvent,
  type SettlementFinalized,
  type TreasuryMoved,
  type UnmatchedReason,
} from './settlement.events.ts';
import type { PendingSettlement } from './settlement.ts';
import { type KnownToken, tokenMoney } from './token-amount.ts';

/** What the ledger knows of an effect beside its own stream, when it becomes final. */
export interface FinalContext {
  /** The token that moved; undefined for one that the ledger has no currency for. */
  readonly token?: KnownToken | undefined;
  /** Of the block's time; asked for wherever the treasury is touched. */
  readonly rate?: ReferenceRate | undefined;
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

type FinalDecision = Decision<SettlementEvent, FinalRejection>;

/** Where money leaves to when the ledger does not watch the place. */
const withdrawnMethod = 'withdrawn';

/** The last event of an effect, by its log. */
export function finalEvent(state: PendingSettlement, context: FinalContext): FinalDecision {
  const { seen } = state;
  const { log } = seen;
  switch (log.name) {
    case 'Settled':
    case 'Collected':
      return seen.payment === undefined
        ? accept(unmatched(state, context, { holding: 'treasury', from: log.payer, units: netUnits(log) }))
        : accept(settled(state, context, { payment: seen.payment, log }));
    case 'Purchased':
      return seen.payment === undefined
        ? accept(unmatched(state, context, { holding: 'escrow', from: log.payer, units: log.amount }))
        : accept(final(state, { payment: seen.payment }, purchased(state, seen.payment)));
    case 'PurchaseRefunded':
      return seen.payment === undefined
        ? accept(unmatched(state, context, { holding: 'escrow', from: log.to, units: log.amount, isOutgoing: true }))
        : accept(
            final(state, { payment: seen.payment }, purchaseRefundedPostings(posted(state, seen.payment), moved(state, seen.payment))),
          );
    case 'Refunded':
      return seen.refund === undefined
        ? accept(unmatched(state, context, { holding: 'refund-float', from: log.to, units: log.amount, isOutgoing: true }))
        : accept(final(state, { refund: seen.refund }, refundedPostings(posted(state, seen.refund), moved(state, seen.refund))));
    case 'EventCaptured':
      return captured(state, context, log);
    case 'EventOpened':
    case 'EventCancelled':
      return accept(final(state, { eventId: log.eventId }, []));
    case 'Transfer':
      return transferred(state, context, log);
    case 'NativeMoved':
      return nativeMoved(state, context, log);
    default:
      return accept(final(state, {}, []));
  }
}

type FinalFacts = Omit<SettlementFinalized, keyof ReturnType<typeof placeOf> | 'name' | 'effectiveAt' | 'postings'>;

function final({ seen }: PendingSettlement, facts: FinalFacts, postings: readonly Posting[]): SettlementEvent {
  const data = { ...placeOf(seen), name: seen.log.name, ...facts, effectiveAt: seen.block.time, postings };
  return { type: 'SettlementFinalized/1', data };
}

/** The treasury's gain is worth what the token was worth at the block's time, whatever the quote had locked. */
function settled(
  state: PendingSettlement,
  { token, rate: known }: FinalContext,
  { payment, log }: { readonly payment: MatchedPayment; readonly log: PaidLog },
): SettlementEvent {
  const rate = known ?? referenceOf(payment.rate);
  if (token === undefined) throw new RangeError(`Token ${payment.tokenAddress} was known when it was paid.`);
  const value = { net: valueAt(rate, netUnits(log), token), fee: valueAt(rate, log.fee, token) };
  const { fiat } = posted(state, payment);
  const gain = subtract({ ...value.net, amount: value.net.amount + value.fee.amount }, fiat);
  const net = { chain: state.seen.chainId, token: payment.token, amount: tokenMoney(netUnits(log), token) };
  const wasConfirmed = state.status === 'confirmed';
  const postings = settledPostings({ ...posted(state, payment), wasConfirmed }, value, net);
  const received = { rate, net: amountText(value.net), fee: amountText(value.fee), gain: amountText(gain) };
  return final(state, { payment, value: received }, postings);
}

type PaidLog = EffectOf<'Settled'>['log'] | EffectOf<'Collected'>['log'];

function purchased(state: PendingSettlement, payment: MatchedPayment): Posting[] {
  const wasConfirmed = state.status === 'confirmed';
  return purchasedPostings({ ...posted(state, payment), wasConfirmed }, moved(state, payment));
}

/** Everything that the escrow held for the event in one token, the fee taken off each currency alike. */
function captured(state: PendingSettlement, { token, held }: FinalContext, log: EffectOf<'EventCaptured'>['log']): FinalDecision {
  const { eventId, amount, fee } = log;
  const payments = held?.payments ?? [];
  const known = payments.reduce((sum, { tokenUnits }) => sum + BigInt(tokenUnits), held?.unmatchedUnits ?? 0n);
  if (token === undefined || known !== BigInt(amount)) {
    return reject({ code: 'capture_sum_differs', captured: amount, held: known.toString() });
  }
  const byCurrency = Map.groupBy(payments, ({ currency }) => currency);
  const shares = [...byCurrency.values()].map((some) => ({ value: shareOf(some, log), purchases: some.length.toString() }));
  const postings = capturedPostings(
    shares.map(({ value }) => value),
    { held: { chain: state.seen.chainId, token: token.currency, amount: tokenMoney(amount, token) }, fee: tokenMoney(fee, token) },
  );
  const facts = shares.map(({ value: { net, fee: kept }, purchases }): CapturedShare => {
    return { currency: net.currency, net: amountText(net), fee: amountText(kept), purchases };
  });
  return accept(final(state, { eventId, token: token.currency, captured: facts }, postings));
}

/** What purchases in one currency count for, split by the contract's own split of the tokens. */
function shareOf(payments: readonly MatchedPayment[], { amount, fee }: { readonly amount: string; readonly fee: string }): PostedValue {
  const [first] = payments as readonly [MatchedPayment, ...MatchedPayment[]];
  const currency = first.currency as Currency;
  const total = payments.reduce((sum, each) => sum + moneyOf(each.amount, each.currency).amount, 0n);
  const kept = divide(total * BigInt(fee), BigInt(amount), 'half-even');
  return { net: { amount: total - kept, currency }, fee: { amount: kept, currency } };
}

/** Money that went past the contracts: a stray into the treasury, or the provider's own. */
function transferred(state: PendingSettlement, context: FinalContext, log: EffectOf<'Transfer'>['log']): FinalDecision {
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
function nativeMoved(state: PendingSettlement, context: FinalContext, log: EffectOf<'NativeMoved'>['log']): FinalDecision {
  const holding = log.role === 'treasury' ? 'treasury' : 'refund-float';
  const { address, amount, direction } = log;
  if (holding === 'treasury' && direction === 'out') {
    return accept(treasuryMoved(state, context, { direction: 'out', from: address, to: '', units: amount }));
  }
  const isOutgoing = direction === 'out';
  return accept(unmatched(state, context, { holding, from: isOutgoing ? address : '', units: amount, isOutgoing }));
}

/** Out of the treasury it is worth what it is worth at the block's time; where no rate is known it stays unexplained. */
function treasuryMoved(
  state: PendingSettlement,
  context: FinalContext,
  { direction, from, to, units }: Pick<TreasuryMoved, 'direction' | 'from' | 'to'> & { readonly units: string },
): SettlementEvent {
  const { seen } = state;
  const { token, rate } = context;
  if (token === undefined || rate === undefined) {
    return unmatched(state, context, { holding: 'treasury', from, units, isOutgoing: true, reason: 'rate_unknown' });
  }
  const fiat = valueAt(rate, units, token);
  const move = { chain: seen.chainId, token: token.currency, amount: tokenMoney(units, token) };
  const postings = direction === 'out' ? withdrawnPostings(withdrawnMethod, fiat, move) : floatMovedPostings(direction, fiat, move);
  const amounts = { token: token.currency, tokenAmount: amountText(move.amount), amount: amountText(fiat), currency: fiat.currency };
  const data = { ...placeOf(seen), direction, from, to, ...amounts, rate, effectiveAt: seen.block.time, postings };
  return { type: 'TreasuryMoved/1', data };
}

interface UnmatchedMove {
  readonly holding: CryptoHolding;
  readonly from: string;
  readonly units: string;
  readonly isOutgoing?: boolean;
  /** Absent: why nobody was found when it was seen. */
  readonly reason?: UnmatchedReason;
}

function unmatched({ seen }: PendingSettlement, { token }: FinalContext, move: UnmatchedMove): SettlementEvent {
  const { log, chainId, block } = seen;
  const reason = token === undefined ? tokenUnknown : (move.reason ?? seen.unmatched ?? stray);
  const { holding, from, isOutgoing = false } = move;
  const what = { name: log.name, reason, holding, direction: isOutgoing ? ('out' as const) : ('in' as const), from };
  const place = { ...placeOf(seen), ...what, tokenAddress: tokenOfLog(log) ?? zeroAddress };
  if (token === undefined) return { type: 'ReceiptUnmatched/1', data: { ...place, effectiveAt: block.time, postings: [] } };
  const amount = tokenMoney(move.units, token);
  const post = isOutgoing ? unexplainedPostings : unmatchedPostings;
  const postings = amount.amount === 0n ? [] : post(holding, { chain: chainId, token: token.currency, amount });
  const known = { token: token.currency, tokenAmount: amountText(amount), effectiveAt: block.time, postings };
  return { type: 'ReceiptUnmatched/1', data: { ...place, ...known } };
}

const tokenUnknown: UnmatchedReason = 'token_unknown';
const stray: UnmatchedReason = 'stray_transfer';

/** What reached the treasury: the fee went elsewhere. */
function netUnits({ amount, fee }: { readonly amount: string; readonly fee: string }): string {
  return (BigInt(amount) - BigInt(fee)).toString();
}

interface Counted {
  readonly account: string;
  readonly amount: string;
  readonly currency: string;
}

function posted({ seen }: PendingSettlement, { account, amount, currency }: Counted) {
  return { chain: seen.chainId, account, fiat: moneyOf(amount, currency) };
}

function moved({ seen }: PendingSettlement, { token, tokenAmount }: { readonly token: string; readonly tokenAmount: string }): TokenMove {
  return { chain: seen.chainId, token, amount: moneyOf(tokenAmount, token) };
}
