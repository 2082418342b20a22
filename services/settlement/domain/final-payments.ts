import { accept, reject } from '../../commands/domain/decision.ts';
import type { Currency } from '../../money/currency.ts';
import { amountText, moneyOf, subtract } from '../../money/money.ts';
import type { Posting } from '../../money/posting.ts';
import { divide } from '../../money/rounding.ts';
import type { EffectOf } from './chain-effect.ts';
import { final, type FinalContext, type FinalDecision, inBooks, moved, posted } from './final-event.ts';
import { referenceOf, valueAt } from './reference-rate.ts';
import { capturedPostings, type PostedShare, purchasedPostings, refundedPostings, settledPostings } from './settlement-postings.ts';
import type { CapturedShare, MatchedPayment, MatchedRefund, SettlementEvent } from './settlement.events.ts';
import type { PendingSettlement } from './settlement.ts';
import { tokenMoney } from './token-amount.ts';

/* Payments that are there for good. */

/** The treasury's gain is worth what the token was worth at the block's time, whatever the quote had locked. */
export function settled(
  state: PendingSettlement,
  context: FinalContext,
  { payment, log }: { readonly payment: MatchedPayment; readonly log: PaidLog },
): SettlementEvent {
  const { token, rate = referenceOf(payment.rate) } = context;
  if (token === undefined) throw new RangeError(`Token ${payment.tokenAddress} was known when it was paid.`);
  const { counted, fact } = inBooks(posted(state, payment).fiat, context);
  const value = { net: valueAt(rate, netUnits(log), token), fee: valueAt(rate, log.fee, token), counted };
  const gain = subtract({ ...value.net, amount: value.net.amount + value.fee.amount }, counted);
  const net = { chain: state.seen.chainId, token: payment.token, amount: tokenMoney(netUnits(log), token) };
  const wasConfirmed = state.status === 'confirmed';
  const postings = settledPostings({ ...posted(state, payment), wasConfirmed }, value, net);
  const received = { rate, net: amountText(value.net), fee: amountText(value.fee), gain: amountText(gain), ...fact };
  return final(state, { payment, value: received }, postings);
}

type PaidLog = EffectOf<'Settled'>['log'] | EffectOf<'Collected'>['log'];

/** Bought, and held by the escrow. */
export function purchased(state: PendingSettlement, payment: MatchedPayment): Posting[] {
  const wasConfirmed = state.status === 'confirmed';
  return purchasedPostings({ ...posted(state, payment), wasConfirmed }, moved(state, payment));
}

/** Out of the float, which is kept in the currency of the books. */
export function refunded(state: PendingSettlement, context: FinalContext, refund: MatchedRefund): SettlementEvent {
  const payment = posted(state, refund);
  const { counted, fact } = inBooks(payment.fiat, context);
  return final(state, { refund, ...fact }, refundedPostings(payment, counted, moved(state, refund)));
}

/**
 * Everything that the escrow held for the event in one token, the fee taken off each currency alike. What was bought with a token that the
 * ledger has no currency for was nobody's when it was bought, and nothing is posted for it here either.
 */
export function captured(state: PendingSettlement, context: FinalContext, log: EffectOf<'EventCaptured'>['log']): FinalDecision {
  const { token, held } = context;
  const { eventId, amount, fee } = log;
  const payments = held?.payments ?? [];
  if (token === undefined && payments.length === 0) return accept(final(state, { eventId }, []));
  const known = payments.reduce((sum, { tokenUnits }) => sum + BigInt(tokenUnits), held?.unmatchedUnits ?? 0n);
  if (token === undefined || known !== BigInt(amount)) {
    return reject({ code: 'capture_sum_differs', captured: amount, held: known.toString() });
  }
  const byCurrency = Map.groupBy(payments, ({ currency }) => currency);
  const shares = [...byCurrency.values()].map((some) => ({ ...shareOf(some, log, context), purchases: some.length.toString() }));
  const postings = capturedPostings(
    shares.map(({ share }) => share),
    { held: { chain: state.seen.chainId, token: token.currency, amount: tokenMoney(amount, token) }, fee: tokenMoney(fee, token) },
  );
  const facts = shares.map(({ share: { net, fee: kept }, fact, purchases }): CapturedShare => {
    return { currency: net.currency, net: amountText(net), fee: amountText(kept), purchases, ...fact };
  });
  return accept(final(state, { eventId, token: token.currency, captured: facts }, postings));
}

/** What purchases in one currency count for, split by the contract's own split of the tokens. */
function shareOf(
  payments: readonly MatchedPayment[],
  { amount, fee }: { readonly amount: string; readonly fee: string },
  context: FinalContext,
): { readonly share: PostedShare; readonly fact: Pick<CapturedShare, 'exchange'> } {
  const [first] = payments as readonly [MatchedPayment, ...MatchedPayment[]];
  const total = payments.reduce((sum, each) => sum + moneyOf(each.amount, each.currency).amount, 0n);
  const held = { amount: total, currency: first.currency as Currency };
  const { counted, fact } = inBooks(held, context);
  const { currency } = counted;
  const kept = divide(counted.amount * BigInt(fee), BigInt(amount), 'half-even');
  return { share: { held, net: { amount: counted.amount - kept, currency }, fee: { amount: kept, currency } }, fact };
}

/** What reached the treasury: the fee went elsewhere. */
export function netUnits({ amount, fee }: { readonly amount: string; readonly fee: string }): string {
  return (BigInt(amount) - BigInt(fee)).toString();
}
