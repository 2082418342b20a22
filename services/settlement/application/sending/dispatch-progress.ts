import type { TransactionStore } from '../../../chain/application/transaction-store.ts';
import type { Attempt, QueuedTransaction } from '../../../chain/application/transaction.ts';
import type { CommandExecutor } from '../../../commands/application/command-executor.ts';
import { dispatch, type Dispatch } from '../../domain/dispatch.ts';
import { failureText } from '../../domain/refund-order.ts';
import type { SettlementObserved } from '../../domain/settlement.events.ts';
import { settlement, standingOf } from '../../domain/settlement.ts';
import { lastTransactionOf } from './dispatch-subject.ts';
import { dispatchStream } from './sending-streams.ts';
import { settlementStream } from '../settlement-streams.ts';

/** Where a refund stands. `mined`: the chain shows it, and may still take it back. `failed`: nothing came of it, and it may be decided anew. */
export const refundStates = ['decided', 'ordered', 'sent', 'mined', 'final', 'failed'] as const;
export type RefundState = (typeof refundStates)[number];

export interface Progress {
  readonly state: RefundState;
  /** The newest transaction, once there is one. */
  readonly tx?: string;
  readonly failure?: string;
}

export interface DispatchProgressParts {
  readonly executor: CommandExecutor;
  readonly transactions: Pick<TransactionStore, 'find'>;
}

/** How far something that was ordered has come: from the streams themselves and what the sender keeps. */
export class DispatchProgress {
  readonly #parts: DispatchProgressParts;

  constructor(parts: DispatchProgressParts) {
    this.#parts = parts;
  }

  async dispatch(provider: string, id: string): Promise<{ readonly state: Dispatch; readonly stream: string }> {
    const stream = dispatchStream(provider, id);
    return { state: await this.#parts.executor.current(dispatch, stream, provider), stream };
  }

  /** What the chain shows of it. What was done under its number and is not it does not count. */
  async shown(provider: string, id: string, isIt: (seen: SettlementObserved) => boolean): Promise<Progress | undefined> {
    const state = await this.#parts.executor.current(settlement, settlementStream(provider, id), provider);
    const standing = standingOf(state);
    if (state.status === 'none' || standing === 'none' || !isIt(state.seen)) return undefined;
    return { state: standing === 'finalized' ? 'final' : 'mined', tx: state.seen.tx };
  }

  /** What the sender did about it, as far as the chain does not show more. */
  async sent(stream: string, state: Exclude<Dispatch, { readonly status: 'none' }>): Promise<Progress> {
    if (state.status === 'done') return { state: 'mined', tx: state.done.tx };
    const transaction = await lastTransactionOf(this.#parts.transactions, { stream, orderedAt: state.orderedAt });
    const sent = transaction === undefined ? {} : { tx: txOf(transaction) };
    if (state.status === 'failed') return { state: 'failed', ...sent, failure: failureText(state.failure) };
    if (transaction === undefined) return { state: 'ordered' };
    return { state: transaction.state === 'signed' ? 'sent' : 'mined', ...sent };
  }
}

function txOf({ place, attempts }: QueuedTransaction): string {
  return place?.tx ?? (attempts.at(-1) as Attempt).tx;
}
