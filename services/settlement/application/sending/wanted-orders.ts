import { secondsAt } from '../../domain/chain-time.ts';
import type { QueuedTransaction } from '../../../chain/application/transaction.ts';
import type { TransactionQueue } from '../../../chain/application/transaction-queue.ts';
import type { Clock } from '../../../commands/application/clock.ts';
import type { CommandExecutor } from '../../../commands/application/command-executor.ts';
import { settlementId } from '../../domain/chain-effect.ts';
import { effectsOf } from '../../domain/dispatch-effects.ts';
import { type DispatchFailure, operationOf, type OrderEvent } from '../../domain/dispatch.events.ts';
import { dispatch, type Dispatch } from '../../domain/dispatch.ts';
import { mandate } from '../../domain/mandate.ts';
import { settlement, standingOf } from '../../domain/settlement.ts';
import { settlementStream } from '../settlement-streams.ts';
import { readSubject, transactionIdOf } from './dispatch-subject.ts';
import { mandateStream } from './sending-streams.ts';

export interface WantedOrdersParts {
  readonly executor: CommandExecutor;
  readonly clock: Clock;
}

type Ordered = Exclude<Dispatch, { readonly status: 'none' }>;

/** What may be sent at all, whatever the contracts think. */
export class WantedOrders {
  readonly #parts: WantedOrdersParts;

  constructor(parts: WantedOrdersParts) {
    this.#parts = parts;
  }

  /** What was ordered is not good any more: its time is over, whoever agreed to it has ended that, or what paid for it is gone. */
  async refusal(provider: string, order: OrderEvent): Promise<DispatchFailure | undefined> {
    if (this.#isExpired(order)) return { code: 'expired' };
    const { executor } = this.#parts;
    if (order.type === 'CreditIssueOrdered/1') {
      // Only what is final is given out. Where the payment comes again, that orders it anew.
      const paid = await executor.current(settlement, settlementStream(provider, order.data.settlement), provider);
      return standingOf(paid) === 'finalized' ? undefined : { code: 'payment_reversed' };
    }
    if (order.type !== 'CollectOrdered/1') return undefined;
    const { status } = await executor.current(mandate, mandateStream(provider, order.data.mandate), provider);
    return status === 'revoked' ? { code: 'mandate_revoked' } : undefined;
  }

  /**
   * Whether a transaction that is in no block may be sent. One that was final is asked about as well, once it is looked for again: what nobody
   * has undone by name then stays undone.
   */
  async isWanted({ id, subject }: Pick<QueuedTransaction, 'id' | 'subject'>, queue: Pick<TransactionQueue, 'find'>): Promise<boolean> {
    const about = readSubject(subject);
    if (about === undefined) return true;
    const { stream, provider } = about;
    const state = await this.#parts.executor.current(dispatch, stream, provider);
    if (state.status === 'none') return true;
    // Of what is ordered again, only a capture was done before, in another token: nothing else of an older order may come again.
    if (!(await isOf(state, { id, stream, queue }))) return about.operation === 'capture' && operationOf(state.order) === 'capture';
    if (state.status === 'failed' || (state.status === 'done' && !(await this.#isUnnamed(provider, state)))) return false;
    return (await this.refusal(provider, state.order)) === undefined;
  }

  /** Nobody could undo it by name: it leaves nothing on chain to tell by, or the ledger was never told of that. */
  async #isUnnamed(provider: string, { order }: Ordered): Promise<boolean> {
    const { chainId, contract } = order.data;
    for (const expected of effectsOf(order)) {
      const stream = settlementStream(provider, settlementId({ chainId, contract, ...expected }));
      const { status } = await this.#parts.executor.current(settlement, stream, provider);
      if (status !== 'none') return false;
    }
    return true;
  }

  #isExpired(order: OrderEvent): boolean {
    const deadline = deadlineOf(order);
    return deadline !== undefined && secondsAt(this.#parts.clock.now()) >= deadline;
  }
}

/** Whether it was signed for the last order, and not for one before. */
async function isOf(
  { orderedAt, order }: Ordered,
  { id, stream, queue }: { readonly id: string; readonly stream: string; readonly queue: Pick<TransactionQueue, 'find'> },
): Promise<boolean> {
  for (const step of operationOf(order) === 'refund' ? (['main', 'approve'] as const) : (['main'] as const))
    for (let trial = 0; ; trial++) {
      const known = transactionIdOf({ stream, orderedAt, step, trial });
      if (known === id) return true;
      if ((await queue.find(known)) === undefined) break;
    }
  return false;
}

/** Seconds since 1970; undefined for what stays good for ever. */
function deadlineOf({ type, data }: OrderEvent): bigint | undefined {
  if (type === 'CollectOrdered/1' || type === 'RedemptionOrdered/1') return BigInt(data.deadline);
  if (type !== 'RelayOrdered/1') return undefined;
  return BigInt(data.terms.module === 'settlement' ? data.terms.quote.deadline : data.terms.offer.deadline);
}
