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

/** Seen and not yet final. */
export type PendingSettlement = Seen & {
  readonly status: 'observed' | 'confirmed';
  /** What the confirmation posted; none while there was none. */
  readonly postings: readonly Posting[];
};

/** Final, and nobody's yet. */
export type UnmatchedSettlement = Seen & { readonly status: 'unmatched'; readonly receipt: ReceiptUnmatched };

/** One business effect on chain. */
export type Settlement =
  | { readonly status: 'none' }
  | PendingSettlement
  | UnmatchedSettlement
  | (Seen & { readonly status: 'reorged' | 'finalized' })
  | (Seen & { readonly status: 'allocated'; readonly account: string });

export const settlement: Aggregate<Settlement, SettlementEvent> = { initial: { status: 'none' }, evolve, events: settlementEvents };

function evolve(state: Settlement, { event, revision }: Placed<SettlementEvent>): Settlement {
  if (event.type === 'SettlementObserved/1') return { status: 'observed', seen: event.data, postings: [], revision };
  if (state.status === 'none') return state; // Nothing can precede the observation; `evolve` takes it all the same.
  const { seen } = state;
  switch (event.type) {
    case 'SettlementConfirmed/1':
      return { status: 'confirmed', seen, postings: event.data.postings, revision };
    case 'SettlementReorged/1':
      return { status: 'reorged', seen, revision };
    case 'SettlementFinalized/1':
    case 'TreasuryMoved/1':
      return { status: 'finalized', seen, revision };
    case 'ReceiptUnmatched/1':
      return { status: 'unmatched', seen, receipt: event.data, revision };
    case 'ReceiptAllocated/1':
      return { status: 'allocated', seen, account: event.data.account, revision };
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
