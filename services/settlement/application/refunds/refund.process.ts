import type { CommandBus } from '@nestjs/cqrs';
import { accountStream } from '../../../accounts/application/account-command.ts';
import { ReturnRefund } from '../../../accounts/application/return-refund.handler.ts';
import type { SettlementRefundDecided } from '../../../accounts/domain/account-settlement.events.ts';
import { account } from '../../../accounts/domain/account.ts';
import type { CommandExecutor } from '../../../commands/application/command-executor.ts';
import type { Envelope } from '../../../commands/application/envelope.ts';
import { randomSalt } from '../../../commands/application/random-salt.ts';
import type { LedgerEvent } from '../../../event-store/domain/ledger-event.ts';
import type { Projection } from '../../../read-store/projection.ts';
import { settlementId } from '../../domain/chain-effect.ts';
import { type DispatchFailed, refundDispatchId, type RefundOrdered } from '../../domain/dispatch.events.ts';
import { dispatch } from '../../domain/dispatch.ts';
import { failureText, isNumberTaken, refundOrdered } from '../../domain/refund-order.ts';
import { refundRegister } from '../../domain/refund-register.ts';
import type { ReceiptUnmatched } from '../../domain/settlement.events.ts';
import { settlement } from '../../domain/settlement.ts';
import { orderDispatch } from '../sending/dispatch-commands.ts';
import { numberedRefund } from './numbered-refund.ts';
import { processEnvelope } from '../process-envelope.ts';
import { dispatchStream, refundRegisterStream } from '../sending/sending-streams.ts';
import type { OnUndone } from '../settlement-alarms.ts';
import type { SettlementChains } from '../settlement-chains.ts';
import { settlementStream } from '../settlement-streams.ts';

export interface RefundProcessParts {
  readonly executor: CommandExecutor;
  readonly bus: CommandBus;
  readonly chains: SettlementChains;
  readonly onUndone: OnUndone;
}

/**
 * From what accounts decide to pay back to what is sent, and from what came to nothing back to the account. It runs like a read model without
 * rows. A decision gets one number and one order, for ever: a crash anywhere only means that the batch is handled again.
 */
export class RefundProcess implements Projection {
  readonly name = 'refund-process';
  readonly version = 1;
  readonly schema = '';
  readonly tables = [];
  readonly filter = { typePrefixes: ['SettlementRefundDecided/', 'DispatchFailed/', 'ReceiptUnmatched/'] };
  readonly #parts: RefundProcessParts;

  constructor(parts: RefundProcessParts) {
    this.#parts = parts;
  }

  async project(events: Iterable<LedgerEvent>): Promise<void> {
    for (const event of events) await this.#handle(event);
  }

  /** The type names the shape of the payload. */
  #handle(event: LedgerEvent): Promise<void> {
    const { type, fin } = event;
    if (type === 'SettlementRefundDecided/1') return this.#order(event, fin as unknown as SettlementRefundDecided);
    if (type === 'DispatchFailed/1') return this.#failed(event, fin as unknown as DispatchFailed);
    if (type === 'ReceiptUnmatched/1') return this.#unmatched(event, fin as unknown as ReceiptUnmatched);
    return Promise.resolve();
  }

  async #order(event: LedgerEvent, decided: SettlementRefundDecided): Promise<void> {
    const { executor, chains } = this.#parts;
    const { provider } = event;
    const state = await executor.current(settlement, settlementStream(provider, decided.settlement), provider);
    // The account decides on what was credited, and that is final. Held here once more, where money is about to leave (rule 15).
    if (state.status === 'reorged') return this.#notOrdered(event, decided, 'payment_reversed');
    if (state.status !== 'finalized' || state.seen.payment === undefined) {
      throw new Error(`${decided.refund} is of ${decided.settlement}, which is no payment that is final.`);
    }
    if (await this.#isReturned(provider, decided)) return;
    const { seen } = state;
    const { payment } = state.seen;
    const chain = chains.find(seen.chainId);
    const token = chains.tokenAt(seen.chainId, payment.tokenAddress);
    if (chain === undefined || token === undefined) return this.#notOrdered(event, decided, 'token_not_taken');
    const refundSeq = await numberedRefund(executor, this.#envelope(event, 'NumberRefund'), decided.refund);
    // What the escrow has paid out is given back by the contract for all other payments, from the provider's own money.
    const contract = seen.module === 'escrow' ? chain.contracts.settlement : seen.contract;
    const data = refundOrdered(decided, { seen: { ...seen, contract }, payment, token, refundSeq, salt: `0x${randomSalt()}` });
    const outcome = await orderDispatch(executor, this.#envelope(event, 'OrderDispatch'), { type: 'RefundOrdered/1', data });
    // A number is given out once, and its dispatch is of nothing else: a refusal here is a defect, and the process halts at it.
    if (outcome.kind === 'rejected') throw new Error(`${decided.refund} was refused: ${JSON.stringify(outcome.rejection)}`);
  }

  /** Then the account has the money, and nothing is paid any more: also where the batch is handled again, and could be paid by now. */
  async #isReturned(provider: string, { account: id, refund }: SettlementRefundDecided): Promise<boolean> {
    const customer = await this.#parts.executor.current(account, accountStream(provider, id), provider);
    return customer.status !== 'none' && customer.refunds.get(refund)?.returned !== undefined;
  }

  /**
   * Since the decision the operator has taken the token, or its chain, away, or the payment turned out not to be on the chain. What was ordered
   * before that is on its way all the same.
   */
  async #notOrdered(event: LedgerEvent, { account: id, refund }: SettlementRefundDecided, reason: NotOrdered): Promise<void> {
    const { executor, onUndone } = this.#parts;
    const { provider, stream } = event;
    const { numbers } = await executor.current(refundRegister, refundRegisterStream(provider), provider);
    const known = numbers.get(refund);
    const ordered = known && (await executor.current(dispatch, dispatchStream(provider, refundDispatchId(known.refundSeq)), provider));
    if (ordered !== undefined && ordered.status !== 'none') return;
    onUndone({ provider, stream, what: 'refund', reason });
    await this.#giveBack(event, { account: id, refund }, reason);
  }

  /** Nothing came of the last order of a dispatch. Whether a number that the contract had seen before was ours, the chain says. */
  async #failed(event: LedgerEvent, { ordered, failure }: DispatchFailed): Promise<void> {
    const { provider, stream } = event;
    const state = await this.#parts.executor.current(dispatch, stream, provider);
    if (state.status !== 'failed' || state.order.type !== 'RefundOrdered/1' || state.orderedAt.toString() !== ordered) return;
    const { data } = state.order;
    if (isNumberTaken(failure) && !(await this.#isForeign(provider, data))) return;
    await this.#giveBack(event, data, failureText(failure));
  }

  /** Somebody else paid under a number of ours, with a key of ours: then ours is never paid. */
  async #unmatched(event: LedgerEvent, { name, key, chainId, contract }: ReceiptUnmatched): Promise<void> {
    if (name !== 'Refunded') return;
    const stream = dispatchStream(event.provider, refundDispatchId(key));
    const state = await this.#parts.executor.current(dispatch, stream, event.provider);
    if (state.status !== 'failed' || state.order.type !== 'RefundOrdered/1' || !isNumberTaken(state.failure)) return;
    const { data } = state.order;
    if (data.chainId === chainId && data.contract === contract) await this.#giveBack(event, data, failureText(state.failure));
  }

  async #isForeign(provider: string, { chainId, contract, refundSeq }: RefundOrdered): Promise<boolean> {
    const stream = settlementStream(provider, settlementId({ chainId, contract, effect: 'refund', key: refundSeq }));
    return (await this.#parts.executor.current(settlement, stream, provider)).status === 'unmatched';
  }

  async #giveBack(event: LedgerEvent, { account: id, refund }: Pick<RefundOrdered, 'account' | 'refund'>, failure: string): Promise<void> {
    const command = new ReturnRefund(this.#envelope(event, 'ReturnRefund'), id, { refund, failure });
    const outcome = await this.#parts.bus.execute(command);
    if (outcome.kind === 'rejected') throw new Error(`${refund} was not given back: ${JSON.stringify(outcome.rejection)}`);
  }

  #envelope(cause: LedgerEvent, command: string): Envelope {
    return processEnvelope('refunds', cause, command);
  }
}

type NotOrdered = 'token_not_taken' | 'payment_reversed';
