import { id } from 'ethers';
import { accept, type Decision, reject, repeated } from '../../commands/domain/decision.ts';
import { canonicalJson } from '../../event-store/domain/canonical-json.ts';
import {
  type DispatchDone,
  type DispatchEvent,
  type DispatchFailed,
  type DispatchUndone,
  type Operation,
  type OrderEvent,
  operationOf,
} from './dispatch.events.ts';
import type { Dispatch } from './dispatch.ts';
import type { Settlement } from './settlement.ts';

/* What may be ordered, and how it ends. Rejections are listed in precedence order. */

export type DispatchRejection =
  | { readonly code: 'dispatch_not_found' }
  /** Something else is under way there, and what may come of it is not known yet. */
  | { readonly code: 'dispatch_under_way'; readonly operation: string }
  /** What was done on chain cannot be done again, or otherwise. */
  | { readonly code: 'dispatch_done'; readonly operation: string }
  | { readonly code: 'dispatch_not_failed' }
  | { readonly code: 'dispatch_not_done' }
  /** What it does leaves nothing on chain by which it could be told that it is gone. */
  | { readonly code: 'dispatch_not_undoable'; readonly operation: string }
  /** The chain shows what it did, as far as the ledger knows. */
  | { readonly code: 'dispatch_effect_stands'; readonly settlement: string }
  /** The ledger was never told of what it did, so that nothing was taken back either. */
  | { readonly code: 'dispatch_effect_unseen' }
  /** Whoever decides it names the digest of what is undone, and it was none or another one. */
  | { readonly code: 'dispatch_undo_undecided'; readonly digest: string; readonly tx: string }
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

/** What a dispatch did on chain, as the ledger has it. */
export interface KnownEffect {
  /** Id of the settlement. */
  readonly settlement: string;
  readonly state: Settlement;
}

export interface UndoData {
  /** All that the order does on chain. */
  readonly effects: readonly KnownEffect[];
  readonly reason: string;
  /** Of exactly what is undone; undefined where nobody has seen it yet. */
  readonly digest: string | undefined;
}

/**
 * Opens an order again whose transaction is gone with a block that was final: once the ledger has taken back what it did, and for who names exactly
 * that. What stands on chain is never done again. Of what a claim was to do a part may never have been: the contract passes over who cannot be paid.
 */
export function undo(state: Dispatch, { effects, reason, digest }: UndoData): DispatchDecision {
  if (state.status === 'none') return reject({ code: 'dispatch_not_found' });
  if (state.status !== 'done') return reject({ code: 'dispatch_not_done' });
  if (effects.length === 0) return reject({ code: 'dispatch_not_undoable', operation: operationOf(state.order) });
  const standing = effects.find(({ state: { status } }) => status !== 'none' && status !== 'reorged');
  if (standing !== undefined) return reject({ code: 'dispatch_effect_stands', settlement: standing.settlement });
  const gone = effects.flatMap(({ settlement, state: known }) =>
    known.status === 'reorged' ? [{ settlement, revision: known.revision.toString() }] : [],
  );
  if (gone.length === 0) return reject({ code: 'dispatch_effect_unseen' });
  const ordered = state.orderedAt.toString();
  const { tx } = state.done;
  const data = { ordered, tx, effects: gone };
  const named = undoDigest(data);
  if (digest !== named) return reject({ code: 'dispatch_undo_undecided', digest: named, tx });
  return accept({ type: 'DispatchUndone/1', data: { ...data, reason } });
}

/** Of exactly this transaction and what was taken back of it: whoever names it has seen them. */
function undoDigest({ ordered, tx, effects }: Omit<DispatchUndone, 'reason'>): string {
  const lines = effects.map(({ settlement, revision }) => `${settlement} ${revision}`).toSorted();
  return id([`${ordered} ${tx}`, ...lines].join('\n')).slice(2, 18);
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
