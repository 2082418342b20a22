import type { Aggregate, Placed } from '../../commands/domain/aggregate.ts';
import { type DispatchDone, type DispatchEvent, dispatchEvents, type DispatchFailure, type OrderEvent } from './dispatch.events.ts';

interface Ordered {
  /** The last order. */
  readonly order: OrderEvent;
  /** Where it stands in the stream. */
  readonly orderedAt: bigint;
  /** Of the last event. */
  readonly revision: bigint;
}

/** `sending`: from the order until the chain has said the last word, and again where that was taken back. */
export type Dispatch =
  | { readonly status: 'none' }
  | (Ordered & { readonly status: 'sending'; /** Revision that says that it is not done; undefined before. */ readonly undoneAt?: bigint })
  | (Ordered & { readonly status: 'failed'; readonly failure: DispatchFailure })
  | (Ordered & { readonly status: 'done'; readonly done: DispatchDone });

export const dispatch: Aggregate<Dispatch, DispatchEvent> = { initial: { status: 'none' }, evolve, events: dispatchEvents };

function evolve(state: Dispatch, { event, revision }: Placed<DispatchEvent>): Dispatch {
  switch (event.type) {
    case 'DispatchFailed/1':
      // Nothing can precede the order; `evolve` takes it all the same.
      return state.status === 'none' ? state : { ...orderOf(state), revision, status: 'failed', failure: event.data.failure };
    case 'DispatchDone/1':
      return state.status === 'none' ? state : { ...orderOf(state), revision, status: 'done', done: event.data };
    case 'DispatchUndone/1':
      return state.status === 'none' ? state : { ...orderOf(state), revision, status: 'sending', undoneAt: revision };
    default:
      return { status: 'sending', order: event, orderedAt: revision, revision };
  }
}

function orderOf({ order, orderedAt }: Ordered): Pick<Ordered, 'order' | 'orderedAt'> {
  return { order, orderedAt };
}
