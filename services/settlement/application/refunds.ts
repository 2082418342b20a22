import { accountStream } from '../../accounts/application/account-command.ts';
import type { SettlementRefund } from '../../accounts/domain/account-settlement.ts';
import { account } from '../../accounts/domain/account.ts';
import type { TransactionStore } from '../../chain/application/transaction-store.ts';
import type { Attempt, QueuedTransaction } from '../../chain/application/transaction.ts';
import type { CommandExecutor } from '../../commands/application/command-executor.ts';
import { settlementId } from '../domain/chain-effect.ts';
import { purchaseRefundDispatchId, refundDispatchId } from '../domain/dispatch.events.ts';
import { dispatch, type Dispatch } from '../domain/dispatch.ts';
import { failureText } from '../domain/refund-order.ts';
import { refundRegister } from '../domain/refund-register.ts';
import { isPayment } from '../domain/settlement.decider.ts';
import type { SettlementObserved } from '../domain/settlement.events.ts';
import { settlement, standingOf } from '../domain/settlement.ts';
import { transactionIdOf } from './dispatch-subject.ts';
import { dispatchStream, refundRegisterStream } from './sending-streams.ts';
import { settlementStream } from './settlement-streams.ts';

/** Where a refund stands. `mined`: the chain shows it, and may still take it back. `failed`: the account has its money again. */
export const refundStates = ['decided', 'ordered', 'sent', 'mined', 'final', 'failed'] as const;

export interface RefundView {
  readonly refund: string;
  readonly state: (typeof refundStates)[number];
  readonly settlement: string;
  readonly account: string;
  readonly amount: string;
  readonly currency: string;
  readonly to: string;
  readonly reason: string;
  /** What goes back in the token; absent before it is ordered. */
  readonly token?: string;
  readonly tokenAmount?: string;
  /** Of the dispatch within the provider. */
  readonly dispatch?: string;
  /** The newest transaction, once there is one. */
  readonly tx?: string;
  readonly failure?: string;
}

export interface RefundsParts {
  readonly executor: CommandExecutor;
  readonly transactions: Pick<TransactionStore, 'find'>;
}

/** The refunds of a payment, each as far as it has come: from the streams themselves, so that nothing that was answered is missing. */
export class Refunds {
  readonly #parts: RefundsParts;

  constructor(parts: RefundsParts) {
    this.#parts = parts;
  }

  /** In the order of their decisions; undefined for what is no payment. */
  async of(provider: string, id: string): Promise<readonly RefundView[] | undefined> {
    const { executor } = this.#parts;
    const state = await executor.current(settlement, settlementStream(provider, id), provider);
    if (state.status === 'none' || !isPayment(state)) return undefined;
    const { seen } = state;
    if (seen.payment === undefined) return [];
    const customer = await executor.current(account, accountStream(provider, seen.payment.account), provider);
    const refunds = customer.status === 'none' ? [] : [...customer.refunds.values()].filter(({ decided }) => decided.settlement === id);
    const views = await Promise.all(refunds.map((refund) => this.#decided(provider, refund, seen)));
    const returned = seen.module === 'escrow' ? await this.#fromEscrow(provider, seen) : undefined;
    return returned === undefined ? views : [returned, ...views];
  }

  async #decided(provider: string, { decided, returned }: SettlementRefund, { payment }: SettlementObserved): Promise<RefundView> {
    const { refund, settlement: id, account: customer, amount, currency, to = payment?.payer ?? '', reason } = decided;
    const known = { refund, settlement: id, account: customer, amount, currency, to, reason };
    const register = await this.#parts.executor.current(refundRegister, refundRegisterStream(provider), provider);
    const refundSeq = register.numbers.get(refund)?.refundSeq;
    const failed = returned !== undefined && { state: 'failed' as const, failure: returned.failure };
    if (refundSeq === undefined) return { ...known, state: 'decided', ...failed };
    const dispatchId = refundDispatchId(refundSeq);
    const { state, stream } = await this.#dispatch(provider, dispatchId);
    if (state.status === 'none' || state.order.type !== 'RefundOrdered/1') return { ...known, state: 'decided', ...failed };
    const { chainId, contract, tokenCurrency, tokenAmount } = state.order.data;
    const paid = { ...known, token: tokenCurrency, tokenAmount, dispatch: dispatchId };
    const shown = await this.#shown(provider, settlementId({ chainId, contract, effect: 'refund', key: refundSeq }), refund);
    if (shown !== undefined) return { ...paid, ...shown };
    const sent = await this.#sent(stream, state);
    return { ...paid, ...sent, ...failed };
  }

  /** The last one that was ordered: a purchase goes back once, and until then what failed is ordered anew. */
  async #fromEscrow(provider: string, { chainId, contract, payment }: SettlementObserved): Promise<RefundView | undefined> {
    const dispatchId = purchaseRefundDispatchId(payment?.slot ?? '');
    const { state, stream } = await this.#dispatch(provider, dispatchId);
    if (state.status === 'none' || state.order.type !== 'PurchaseRefundOrdered/1') return undefined;
    const { refund, settlement: id, account: customer, slot, amount, currency, to, reason, tokenCurrency, tokenAmount } = state.order.data;
    const known = { refund, settlement: id, account: customer, amount, currency, to, reason, token: tokenCurrency, tokenAmount };
    const shown = await this.#shown(provider, settlementId({ chainId, contract, effect: 'purchase-refund', key: slot }));
    return { ...known, dispatch: dispatchId, ...(shown ?? (await this.#sent(stream, state))) };
  }

  async #dispatch(provider: string, id: string): Promise<{ readonly state: Dispatch; readonly stream: string }> {
    const stream = dispatchStream(provider, id);
    return { state: await this.#parts.executor.current(dispatch, stream, provider), stream };
  }

  /** What the chain shows of it. What was paid under the number of a refund and is not the refund does not count. */
  async #shown(provider: string, id: string, refund?: string): Promise<Pick<RefundView, 'state' | 'tx'> | undefined> {
    const state = await this.#parts.executor.current(settlement, settlementStream(provider, id), provider);
    const standing = standingOf(state);
    if (state.status === 'none' || standing === 'none' || state.seen.refund?.refund !== refund) return undefined;
    return { state: standing === 'finalized' ? 'final' : 'mined', tx: state.seen.tx };
  }

  async #sent(
    stream: string,
    state: Exclude<Dispatch, { readonly status: 'none' }>,
  ): Promise<Pick<RefundView, 'state' | 'tx' | 'failure'>> {
    if (state.status === 'done') return { state: 'mined', tx: state.done.tx };
    const transaction = await this.#transaction(stream, state.orderedAt);
    const sent = transaction === undefined ? {} : { tx: txOf(transaction) };
    if (state.status === 'failed') return { state: 'failed', ...sent, failure: failureText(state.failure) };
    if (transaction === undefined) return { state: 'ordered' };
    return { state: transaction.state === 'signed' ? 'sent' : 'mined', ...sent };
  }

  /** The newest transaction of the order that nobody else took the nonce of. */
  async #transaction(stream: string, orderedAt: bigint): Promise<QueuedTransaction | undefined> {
    for (let trial = 0; ; trial++) {
      const found = await this.#parts.transactions.find(transactionIdOf({ stream, orderedAt, step: 'main', trial }));
      if (found?.state !== 'overtaken') return found;
    }
  }
}

function txOf({ place, attempts }: QueuedTransaction): string {
  return place?.tx ?? (attempts.at(-1) as Attempt).tx;
}
