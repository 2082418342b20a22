import type { CommandExecutor } from '../../../commands/application/command-executor.ts';
import { settlementId } from '../../domain/chain-effect.ts';
import { creditRefundDispatchId } from '../../domain/dispatch.events.ts';
import { refundRegister } from '../../domain/refund-register.ts';
import { isPayment } from '../../domain/settlement.decider.ts';
import { settlement } from '../../domain/settlement.ts';
import { type DecidedCreditRefund, slot } from '../../domain/slot.ts';
import { DispatchProgress, type DispatchProgressParts, type Progress } from '../sending/dispatch-progress.ts';
import { issuedCredit } from './issued-credit.ts';
import { refundRegisterStream } from '../sending/sending-streams.ts';
import { settlementStream, slotStream } from '../settlement-streams.ts';

/** Prepaid credit that is taken back, as far as it has come. `final`: it is burnt for good, and its money goes to the wallet. */
export interface CreditRefundView extends Progress {
  readonly refund: string;
  /** The payment that bought it. */
  readonly settlement: string;
  readonly account: string;
  readonly holder: string;
  readonly amount: string;
  readonly currency: string;
  readonly reason: string;
  /** Of the dispatch within the provider. */
  readonly dispatch?: string;
}

/** What was taken back of the prepaid credit that a payment bought: from the streams themselves, so that nothing that was answered is missing. */
export class CreditRefunds {
  readonly #executor: CommandExecutor;
  readonly #progress: DispatchProgress;

  constructor(parts: DispatchProgressParts) {
    [this.#executor, this.#progress] = [parts.executor, new DispatchProgress(parts)];
  }

  /** In the order of their decisions; undefined for what is no payment. */
  async of(provider: string, id: string): Promise<readonly CreditRefundView[] | undefined> {
    const paid = await this.#executor.current(settlement, settlementStream(provider, id), provider);
    if (paid.status === 'none' || !isPayment(paid)) return undefined;
    const { payment } = paid.seen;
    if (payment === undefined) return [];
    // A second payment of the slot bought nothing.
    if ((await issuedCredit(this.#executor, provider, payment.slot))?.settlement !== id) return [];
    const bought = await this.#executor.current(slot, slotStream(provider, payment.slot), provider);
    if (bought.status === 'none') return [];
    return Promise.all(bought.creditRefunds.map((refund) => this.#view(provider, id, refund)));
  }

  async #view(provider: string, id: string, decided: DecidedCreditRefund): Promise<CreditRefundView> {
    const { refund, account, holder, amount, currency, reason, failed } = decided;
    const known = { refund, settlement: id, account, holder, amount, currency, reason };
    const register = await this.#executor.current(refundRegister, refundRegisterStream(provider), provider);
    const refundSeq = register.numbers.get(refund)?.refundSeq;
    if (refundSeq === undefined) return { ...known, state: 'decided' };
    const dispatchId = creditRefundDispatchId(refundSeq);
    const { state, stream } = await this.#progress.dispatch(provider, dispatchId);
    if (state.status === 'none' || state.order.type !== 'CreditRefundOrdered/1') return { ...known, state: 'decided' };
    const { chainId, contract } = state.order.data;
    const key = settlementId({ chainId, contract, effect: 'credit-refund', key: refundSeq });
    const shown = await this.#progress.shown(provider, key, ({ credit }) => credit?.refund === refund);
    const progress = shown ?? (await this.#progress.sent(stream, state));
    return {
      ...{ ...known, dispatch: dispatchId, ...progress },
      ...(shown === undefined && failed !== undefined && { state: 'failed' as const, failure: failed.failure }),
    };
  }
}
