import { accept, type Decision, reject, repeated } from '../../commands/domain/decision.ts';
import { canonicalJson } from '../../event-store/domain/canonical-json.ts';
import {
  type DispatchDone,
  type DispatchEvent,
  type DispatchFailed,
  type Operation,
  type OrderEvent,
  operationOf,
} from './dispatch.events.ts';
import type { Dispatch } from './dispatch.ts';

/* What may be ordered, and how it ends. Rejections are listed in precedence order. */

export type DispatchRejection =
  | { readonly code: 'dispatch_not_found' }
  /** Something else is under way there, and what may come of it is not known yet. */
  | { readonly code: 'dispatch_under_way'; readonly operation: string }
  /** What was done on chain cannot be done again, or otherwise. */
  | { readonly code: 'dispatch_done'; readonly operation: string }
  | { readonly code: 'dispatch_not_failed' }
  /** It is decided anew where it was decided before: by the mandate, by the payer, by the account. */
  | { readonly code: 'dispatch_not_retriable'; readonly operation: string };

const hourMs = 3_600_000;

type DispatchDecision = Decision<DispatchEvent, DispatchRejection>;

/**
 * Orders what nothing stands in the way of. The same order again changes nothing; after a failure it is a new one. But for a refund, of money or
 * of credit: one that failed went back to where it was decided, so that a decision is never carried out twice, however often it is told.
 */
export function order(state: Dispatch, event: OrderEvent): DispatchDecision {
  if (state.status === 'none') return accept(event);
  if (state.status === 'failed') return isSameRefund(state.order, event) ? repeated(state.orderedAt) : accept(event);
  if (isSame(state.order, event)) return repeated(state.orderedAt);
  const operation = operationOf(state.order);
  if (state.status === 'sending') return reject({ code: 'dispatch_under_way', operation });
  // An event that was captured in one token may be captured in another one that came later.
  if (operation === 'capture' && event.type === 'CaptureOrdered/1') return accept(event);
  return reject({ code: 'dispatch_done', operation });
}

/**
 * Orders that credit is burnt, and again where the books still show it an hour behind the transaction that was to burn it: that one may have
 * come before the month had ended on chain, or its block may have been taken back. The chain is asked before anything is sent, so that one too
 * many costs nothing.
 */
export function orderExpiry(state: Dispatch, { event, now }: { readonly event: OrderEvent; readonly now: string }): DispatchDecision {
  const isOverdue = state.status === 'done' && Date.parse(now) - Date.parse(state.done.block.time) >= hourMs;
  return isOverdue && isSame(state.order, event) ? accept(event) : order(state, event);
}

/** What another aggregate decides, or a signature whose time is over. */
const decidedElsewhere: readonly Operation[] = ['collect', 'relay', 'redeem', 'refund', 'credit-refund'];

/** Orders again what failed. What another aggregate has to allow is ordered by that one alone. */
export function retry(state: Dispatch): DispatchDecision {
  if (state.status === 'none') return reject({ code: 'dispatch_not_found' });
  if (state.status !== 'failed') return reject({ code: 'dispatch_not_failed' });
  const operation = operationOf(state.order);
  if (decidedElsewhere.includes(operation)) return reject({ code: 'dispatch_not_retriable', operation });
  return accept(state.order);
}

/** Nothing came of the order. Only of the last one, and only once. */
export function fail(state: Dispatch, data: DispatchFailed): DispatchDecision {
  if (state.status === 'none') return reject({ code: 'dispatch_not_found' });
  if (state.status !== 'sending' || state.orderedAt.toString() !== data.ordered) return repeated(state.revision);
  return accept({ type: 'DispatchFailed/1', data });
}

export function finish(state: Dispatch, data: DispatchDone): DispatchDecision {
  if (state.status === 'none') return reject({ code: 'dispatch_not_found' });
  if (state.status !== 'sending' || state.orderedAt.toString() !== data.ordered) return repeated(state.revision);
  return accept({ type: 'DispatchDone/1', data });
}

function isSame(left: OrderEvent, right: OrderEvent): boolean {
  return isSameRefund(left, right) || (left.type === right.type && textOf(left) === textOf(right));
}

/** A salt is drawn at each asking, so that it makes no difference. */
function isSameRefund(left: OrderEvent, right: OrderEvent): boolean {
  const [one, other] = [refundIn(left), refundIn(right)];
  return one !== undefined && left.type === right.type && one === other;
}

function refundIn(event: OrderEvent): string | undefined {
  return event.type === 'RefundOrdered/1' || event.type === 'CreditRefundOrdered/1' ? event.data.refund : undefined;
}

function textOf({ data }: OrderEvent): string {
  return canonicalJson(data);
}
