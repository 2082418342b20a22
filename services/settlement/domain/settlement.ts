import type { Aggregate, Placed } from '../../commands/domain/aggregate.ts';
import type { Posting } from '../../money/posting.ts';
import { observationKey } from './chain-effect.ts';
import { type ReceiptUnmatched, type SettlementEvent, settlementEvents, type SettlementObserved } from './settlement.events.ts';

interface Seen {
  /** The observation that stands, or the last one that did. */
  readonly seen: SettlementObserved;
  /** Of the last event. */
  readonly revision: bigint;
}

interface Posted extends Seen {
  /** Everything that was posted since it was seen, and stands. */
  readonly postings: readonly Posting[];
}

/** Seen and not yet final. */
export type PendingSettlement = Posted & { readonly status: 'observed' | 'confirmed' };

/** Final, and nobody's yet. */
export type UnmatchedSettlement = Posted & { readonly status: 'unmatched'; readonly receipt: ReceiptUnmatched };

/** There for good. */
export type FinalSettlement =
  | (Posted & { readonly status: 'finalized' | 'moved' })
  | UnmatchedSettlement
  | (Posted & { readonly status: 'allocated'; readonly account: string });

/** One business effect on chain. */
export type Settlement = { readonly status: 'none' } | PendingSettlement | FinalSettlement | (Seen & { readonly status: 'reorged' });

export const settlement: Aggregate<Settlement, SettlementEvent> = { initial: { status: 'none' }, evolve, events: settlementEvents };

function evolve(state: Settlement, { event, revision }: Placed<SettlementEvent>): Settlement {
  if (event.type === 'SettlementObserved/1') return { status: 'observed', seen: event.data, postings: [], revision };
  if (state.status === 'none') return state; // Nothing can precede the observation; `evolve` takes it all the same.
  const { seen } = state;
  if (event.type === 'SettlementReorged/1' || event.type === 'SettlementReversed/1') return { status: 'reorged', seen, revision };
  const posted = { seen, revision, postings: [...('postings' in state ? state.postings : []), ...event.data.postings] };
  switch (event.type) {
    case 'SettlementConfirmed/1':
      return { ...posted, status: 'confirmed' };
    case 'SettlementFinalized/1': {
      const { credit } = event.data; // Whose it was is known once it is final.
      return { ...posted, status: 'finalized', ...(credit !== undefined && { seen: { ...seen, credit } }) };
    }
    case 'TreasuryMoved/1':
      return { ...posted, status: 'moved' };
    case 'ReceiptUnmatched/1':
      return { ...posted, status: 'unmatched', receipt: event.data };
    case 'ReceiptAllocated/1':
      return { ...posted, status: 'allocated', account: event.data.account };
  }
}

/** Whether the effect stands in this very block: neither in another one, nor gone with its block. */
export function standsAs(state: Settlement, observation: string): boolean {
  return state.status !== 'none' && state.status !== 'reorged' && observationKey(placeOfSeen(state.seen)) === observation;
}

/** How far the effect has come, as the watcher asks. */
export function standingOf({ status }: Settlement): 'none' | 'observed' | 'confirmed' | 'finalized' {
  if (status === 'none' || status === 'reorged') return 'none';
  return status === 'observed' || status === 'confirmed' ? status : 'finalized';
}

export function placeOfSeen({ chainId, contract, module, providerId, block, tx, logIndex }: SettlementObserved) {
  return { chainId, contract, module, providerId, block, tx, logIndex };
}
