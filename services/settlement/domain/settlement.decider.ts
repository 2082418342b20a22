import { accept, type Decision, reject, repeated } from '../../commands/domain/decision.ts';
import { moneyOf } from '../../money/money.ts';
import { mirrored } from '../../money/posting.ts';
import { type ChainEffect, observationKey } from './chain-effect.ts';
import type { FinalContext, FinalRejection } from './final-event.ts';
import { finalEvent } from './settlement-final.ts';
import { confirmedPostings } from './settlement-postings.ts';
import { placeOf, type SettlementEvent, type SettlementObserved, type SettlementSubject } from './settlement.events.ts';
import { type PendingSettlement, placeOfSeen, type Settlement, standsAs } from './settlement.ts';

/** Why an effect on chain is not taken as it was told. Each means that somebody has to look. */
export type SettlementRejection =
  /** Another log for what a contract does only once, while the first one stands. */
  | { readonly code: 'settlement_key_taken'; readonly standing: string; readonly given: string }
  | { readonly code: 'settlement_not_observed' }
  /** A block that was final is gone. */
  | { readonly code: 'settlement_final' }
  | { readonly code: 'settlement_not_confirmable' }
  | FinalRejection;

type SettlementDecision = Decision<SettlementEvent, SettlementRejection>;

export interface ObserveData {
  readonly effect: ChainEffect;
  readonly subject: SettlementSubject;
}

/** Seen on the canonical chain: the first time, or again after its block was replaced. */
export function observe(state: Settlement, { effect, subject }: ObserveData): SettlementDecision {
  const given = observationKey(effect);
  if (state.status !== 'none' && state.status !== 'reorged') {
    return standsAs(state, given) ? repeated(state.revision) : reject(keyTaken(state, given));
  }
  const { providerId, log } = effect;
  return accept({ type: 'SettlementObserved/1', data: { ...placeOf(effect), providerId, log, ...subject } });
}

export interface ConfirmData {
  /** Key of the observation that is deep enough. */
  readonly observation: string;
  readonly head: string;
}

/** Deep enough to start the service. Only a payment is confirmed; anything else waits until it is final. */
export function confirm(state: Settlement, { observation, head }: ConfirmData): SettlementDecision {
  if (state.status === 'none' || state.status === 'reorged') return reject({ code: 'settlement_not_observed' });
  if (!standsAs(state, observation)) return reject(keyTaken(state, observation));
  if (state.status !== 'observed') return repeated(state.revision);
  const { payment } = state.seen;
  if (payment === undefined || !isPayment(state)) return reject({ code: 'settlement_not_confirmable' });
  const place = placeOf(state.seen);
  const postings = confirmedPostings({
    chain: place.chainId,
    account: payment.account,
    fiat: moneyOf(payment.amount, payment.currency),
  });
  return accept({ type: 'SettlementConfirmed/1', data: { ...place, payment, head, effectiveAt: place.block.time, postings } });
}

export interface FinalizeData {
  readonly observation: string;
  readonly context: FinalContext;
}

/** There for good. */
export function finalize(state: Settlement, { observation, context }: FinalizeData): SettlementDecision {
  if (state.status === 'none' || state.status === 'reorged') return reject({ code: 'settlement_not_observed' });
  if (!standsAs(state, observation)) return reject(keyTaken(state, observation));
  if (!isPending(state)) return repeated(state.revision);
  return finalEvent(state, context);
}

/** The block is gone. What stands in another block by now is left alone: the loss of the earlier one was told before. */
export function reorg(state: Settlement, observation: string): SettlementDecision {
  if (state.status === 'none') return reject({ code: 'settlement_not_observed' });
  if (state.status === 'reorged' || !standsAs(state, observation)) return repeated(state.revision);
  if (!isPending(state)) return reject({ code: 'settlement_final' });
  const { seen, status, postings } = state;
  const { payment } = seen;
  return accept({
    type: 'SettlementReorged/1',
    data: { ...placeOf(seen), ...(payment !== undefined && { payment }), from: status, postings: mirrored(postings) },
  });
}

export interface ReverseData {
  /** Why, in the words of whoever decided it; undefined where nobody did. */
  readonly reason: string | undefined;
  readonly effectiveAt: string;
}

/**
 * What was final is not on the chain. That money is gone takes a decision; what the ledger only wrote down, such as a mandate that somebody
 * approved, goes without one, or strangers could stop a chain with it.
 */
export function reverse(state: Settlement, { reason, effectiveAt }: ReverseData): SettlementDecision {
  if (state.status === 'none') return reject({ code: 'settlement_not_observed' });
  if (state.status === 'reorged') return repeated(state.revision);
  if (isPending(state)) return reorg(state, observationKey(placeOfSeen(state.seen)));
  if (reason === undefined && !isOnlyRecorded(state.seen)) return reject({ code: 'settlement_final' });
  const { seen, status: from, postings } = state;
  const { log, payment, refund, credit } = seen;
  return accept({
    type: 'SettlementReversed/1',
    data: {
      ...{ ...placeOf(seen), name: log.name, from },
      ...(payment !== undefined && { payment }),
      ...(refund !== undefined && { refund }),
      ...(credit !== undefined && { credit }),
      ...(state.status === 'allocated' && { account: state.account }),
      ...(reason !== undefined && { reason }),
      ...{ effectiveAt, postings: mirrored(postings) },
    },
  });
}

/** A log of the contracts that concerns no money and no slot. */
export function isOnlyRecorded({ log }: Pick<SettlementObserved, 'log'>): boolean {
  return 'fields' in log;
}

/** Whether money of a customer came in, and not that it went out. */
export function isPayment({ seen }: Pick<PendingSettlement, 'seen'>): boolean {
  return ['Settled', 'Collected', 'Purchased'].includes(seen.log.name);
}

function isPending(state: Settlement): state is PendingSettlement {
  return state.status === 'observed' || state.status === 'confirmed';
}

function keyTaken({ seen }: Exclude<Settlement, { readonly status: 'none' }>, given: string): SettlementRejection {
  return { code: 'settlement_key_taken', standing: observationKey(placeOfSeen(seen)), given };
}
