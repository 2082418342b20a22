import { accountStream } from '../../../accounts/application/account-command.ts';
import type { SettlementRefund } from '../../../accounts/domain/known-settlements.ts';
import { account } from '../../../accounts/domain/account.ts';
import type { CommandExecutor } from '../../../commands/application/command-executor.ts';
import { settlementId } from '../../domain/chain-effect.ts';
import { purchaseRefundDispatchId, refundDispatchId } from '../../domain/dispatch.events.ts';
import { refundRegister } from '../../domain/refund-register.ts';
import { isPayment } from '../../domain/settlement.decider.ts';
import type { SettlementObserved } from '../../domain/settlement.events.ts';
import { settlement } from '../../domain/settlement.ts';
import { DispatchProgress, type DispatchProgressParts, type RefundState } from '../sending/dispatch-progress.ts';
import { refundRegisterStream } from '../sending/sending-streams.ts';
import { settlementStream } from '../settlement-streams.ts';

export interface RefundView {
  readonly refund: string;
  readonly state: RefundState;
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

/** The refunds of a payment, each as far as it has come: from the streams themselves, so that nothing that was answered is missing. */
export class Refunds {
  readonly #executor: CommandExecutor;
  readonly #progress: DispatchProgress;

  constructor(parts: DispatchProgressParts) {
    [this.#executor, this.#progress] = [parts.executor, new DispatchProgress(parts)];
  }

  /** In the order of their decisions; undefined for what is no payment. */
  async of(provider: string, id: string): Promise<readonly RefundView[] | undefined> {
    const state = await this.#executor.current(settlement, settlementStream(provider, id), provider);
    if (state.status === 'none' || !isPayment(state)) return undefined;
    const { seen } = state;
    if (seen.payment === undefined) return [];
    const customer = await this.#executor.current(account, accountStream(provider, seen.payment.account), provider);
    const refunds = customer.status === 'none' ? [] : [...customer.refunds.values()].filter(({ decided }) => decided.settlement === id);
    const views = await Promise.all(refunds.map((refund) => this.#decided(provider, refund, seen)));
    const returned = seen.module === 'escrow' ? await this.#fromEscrow(provider, seen) : undefined;
    return returned === undefined ? views : [returned, ...views];
  }

  async #decided(provider: string, { decided, returned }: SettlementRefund, { payment }: SettlementObserved): Promise<RefundView> {
    const { refund, settlement: id, account: customer, amount, currency, to = payment?.payer ?? '', reason } = decided;
    const known = { refund, settlement: id, account: customer, amount, currency, to, reason };
    const register = await this.#executor.current(refundRegister, refundRegisterStream(provider), provider);
    const refundSeq = register.numbers.get(refund)?.refundSeq;
    const failed = returned !== undefined && { state: 'failed' as const, failure: returned.failure };
    if (refundSeq === undefined) return { ...known, state: 'decided', ...failed };
    const dispatchId = refundDispatchId(refundSeq);
    const { state, stream } = await this.#progress.dispatch(provider, dispatchId);
    if (state.status === 'none' || state.order.type !== 'RefundOrdered/1') return { ...known, state: 'decided', ...failed };
    const { chainId, contract, tokenCurrency, tokenAmount } = state.order.data;
    const paid = { ...known, token: tokenCurrency, tokenAmount, dispatch: dispatchId };
    const isThis = (seen: SettlementObserved) => seen.refund?.refund === refund;
    const shown = await this.#progress.shown(provider, settlementId({ chainId, contract, effect: 'refund', key: refundSeq }), isThis);
    if (shown !== undefined) return { ...paid, ...shown };
    const sent = await this.#progress.sent(stream, state);
    return { ...paid, ...sent, ...failed };
  }

  /** The last one that was ordered: a purchase goes back once, and until then what failed is ordered anew. */
  async #fromEscrow(provider: string, { chainId, contract, payment }: SettlementObserved): Promise<RefundView | undefined> {
    const dispatchId = purchaseRefundDispatchId(payment?.slot ?? '');
    const { state, stream } = await this.#progress.dispatch(provider, dispatchId);
    if (state.status === 'none' || state.order.type !== 'PurchaseRefundOrdered/1') return undefined;
    const { refund, settlement: id, account: customer, slot, amount, currency, to, reason, tokenCurrency, tokenAmount } = state.order.data;
    const known = { refund, settlement: id, account: customer, amount, currency, to, reason, token: tokenCurrency, tokenAmount };
    const isThis = (seen: SettlementObserved) => seen.refund === undefined;
    const shown = await this.#progress.shown(provider, settlementId({ chainId, contract, effect: 'purchase-refund', key: slot }), isThis);
    return { ...known, dispatch: dispatchId, ...(shown ?? (await this.#progress.sent(stream, state))) };
  }
}
