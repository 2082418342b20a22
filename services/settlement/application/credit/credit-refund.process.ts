import type { CommandExecutor } from '../../../commands/application/command-executor.ts';
import type { Envelope } from '../../../commands/application/envelope.ts';
import type { LedgerEvent } from '../../../event-store/domain/ledger-event.ts';
import type { Projection } from '../../../read-store/projection.ts';
import { settlementId } from '../../domain/chain-effect.ts';
import { creditRefundOrdered, isCreditNumberTaken } from '../../domain/credit-refund-order.ts';
import { failCreditRefund } from '../../domain/credit-refund.decider.ts';
import {
  creditRefundDispatchId,
  type CreditRefundOrdered,
  type DispatchFailed,
  type DispatchFailure,
} from '../../domain/dispatch.events.ts';
import { dispatch } from '../../domain/dispatch.ts';
import { failureText } from '../../domain/refund-order.ts';
import type { ReceiptUnmatched } from '../../domain/settlement.events.ts';
import { settlement } from '../../domain/settlement.ts';
import type { CreditRefundDecided } from '../../domain/slot.events.ts';
import { slot } from '../../domain/slot.ts';
import { orderDispatch } from '../sending/dispatch-commands.ts';
import { issuedCredit } from './issued-credit.ts';
import { numberedRefund } from '../refunds/numbered-refund.ts';
import { processEnvelope } from '../process-envelope.ts';
import { dispatchStream } from '../sending/sending-streams.ts';
import { settlementStream, slotStream } from '../settlement-streams.ts';

/**
 * From the decision to take prepaid credit back to what is sent, and from what came to nothing back to the decision. It runs like a read model
 * without rows. A decision gets one number and one order, for ever: a crash anywhere only means that the batch is handled again. What the
 * chain shows in the end is for `SettlementProcess`, which brings the money to the account.
 */
export class CreditRefundProcess implements Projection {
  readonly name = 'credit-refund-process';
  readonly version = 1;
  readonly schema = '';
  readonly tables = [];
  readonly filter = { typePrefixes: ['CreditRefundDecided/', 'DispatchFailed/', 'ReceiptUnmatched/'] };
  readonly #executor: CommandExecutor;

  constructor(executor: CommandExecutor) {
    this.#executor = executor;
  }

  async project(events: Iterable<LedgerEvent>): Promise<void> {
    for (const event of events) await this.#handle(event);
  }

  /** The type names the shape of the payload. */
  #handle(event: LedgerEvent): Promise<void> {
    const { type, fin } = event;
    if (type === 'CreditRefundDecided/1') return this.#order(event, fin as unknown as CreditRefundDecided);
    if (type === 'DispatchFailed/1') return this.#failed(event, fin as unknown as DispatchFailed);
    if (type === 'ReceiptUnmatched/1') return this.#unmatched(event, fin as unknown as ReceiptUnmatched);
    return Promise.resolve();
  }

  async #order(event: LedgerEvent, decided: CreditRefundDecided): Promise<void> {
    const { provider } = event;
    const { refund, seq } = decided;
    const issue = await issuedCredit(this.#executor, provider, seq);
    const bought = await this.#executor.current(slot, slotStream(provider, seq), provider);
    // It was decided on credit that is given out for good. Held here once more, where it is about to be burnt.
    if (issue === undefined || bought.status === 'none') throw new Error(`${refund} is of slot ${seq}, in which no credit was given out.`);
    const refundSeq = await numberedRefund(this.#executor, this.#envelope(event, 'NumberRefund'), refund);
    const data = creditRefundOrdered(decided, { issue, salt: bought.opened.salt, refundSeq });
    const outcome = await orderDispatch(this.#executor, this.#envelope(event, 'OrderDispatch'), { type: 'CreditRefundOrdered/1', data });
    // A number is given out once, and its dispatch is of nothing else: a refusal here is a defect, and the process halts at it.
    if (outcome.kind === 'rejected') throw new Error(`${refund} was refused: ${JSON.stringify(outcome.rejection)}`);
  }

  /** Nothing came of the order. Whether a number that the contract had seen before was ours, the chain says. */
  async #failed(event: LedgerEvent, { ordered, failure }: DispatchFailed): Promise<void> {
    const { provider, stream } = event;
    const state = await this.#executor.current(dispatch, stream, provider);
    if (state.status !== 'failed' || state.order.type !== 'CreditRefundOrdered/1' || state.orderedAt.toString() !== ordered) return;
    const { data } = state.order;
    if (isCreditNumberTaken(failure) && !(await this.#isForeign(provider, data))) return;
    await this.#giveUp(event, data, failure);
  }

  /** Somebody else took credit back under a number of ours, with a key of ours: then ours is never taken back. */
  async #unmatched(event: LedgerEvent, { name, key, chainId, contract }: ReceiptUnmatched): Promise<void> {
    if (name !== 'CreditRefunded') return;
    const stream = dispatchStream(event.provider, creditRefundDispatchId(key));
    const state = await this.#executor.current(dispatch, stream, event.provider);
    if (state.status !== 'failed' || state.order.type !== 'CreditRefundOrdered/1' || !isCreditNumberTaken(state.failure)) return;
    const { data } = state.order;
    if (data.chainId === chainId && data.contract === contract) await this.#giveUp(event, data, state.failure);
  }

  async #isForeign(provider: string, { chainId, contract, refundSeq }: CreditRefundOrdered): Promise<boolean> {
    const stream = settlementStream(provider, settlementId({ chainId, contract, effect: 'credit-refund', key: refundSeq }));
    return (await this.#executor.current(settlement, stream, provider)).status === 'unmatched';
  }

  async #giveUp(event: LedgerEvent, { slot: seq, refund }: CreditRefundOrdered, failure: DispatchFailure): Promise<void> {
    const outcome = await this.#executor.execute({
      ...{ aggregate: slot, stream: slotStream(event.provider, seq), envelope: this.#envelope(event, 'FailCreditRefund') },
      decide: (state) => failCreditRefund(state, { refund, failure: failureText(failure) }),
    });
    if (outcome.kind === 'rejected') throw new Error(`${refund} was not given up: ${JSON.stringify(outcome.rejection)}`);
  }

  #envelope(cause: LedgerEvent, command: string): Envelope {
    return processEnvelope('credit-refunds', cause, command);
  }
}
