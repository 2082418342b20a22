import type { CommandExecutor } from '../../../commands/application/command-executor.ts';
import type { ChainEffect, EffectOf } from '../../domain/chain-effect.ts';
import { refundDispatchId } from '../../domain/dispatch.events.ts';
import { dispatch } from '../../domain/dispatch.ts';
import { matchingRefund } from '../../domain/refund-order.ts';
import type { SettlementSubject } from '../../domain/settlement.events.ts';
import { matchPayment, type PaidEffect } from '../../domain/settlement-match.ts';
import { slot } from '../../domain/slot.ts';
import { type CreditEffect, CreditSubjects } from '../credit/credit-subjects.ts';
import { CreditTokens } from '../credit/credit-tokens.ts';
import { PurchaseFacts } from './purchase-facts.ts';
import { dispatchStream } from '../sending/sending-streams.ts';
import type { SettlementChains } from '../settlement-chains.ts';
import { slotStream } from '../settlement-streams.ts';

/** Finds out whose money an effect moves, in the ledger's own streams: what the ledger asked for is in the log before anybody could pay it. */
export class EffectSubjects {
  readonly #executor: CommandExecutor;
  readonly #chains: SettlementChains;
  readonly #purchases: PurchaseFacts;
  readonly #credit: CreditSubjects;

  constructor(executor: CommandExecutor, chains: SettlementChains) {
    this.#executor = executor;
    this.#chains = chains;
    this.#purchases = new PurchaseFacts(executor);
    this.#credit = new CreditSubjects(executor, new CreditTokens(executor));
  }

  async find(provider: string, effect: ChainEffect): Promise<SettlementSubject> {
    switch (effect.log.name) {
      case 'Settled':
      case 'Collected':
      case 'Purchased':
        return this.#payment(provider, effect as PaidEffect);
      case 'PurchaseRefunded':
        return this.#purchase(provider, effect as EffectOf<'PurchaseRefunded'>);
      case 'Refunded':
        return this.#refund(provider, effect as EffectOf<'Refunded'>);
      case 'CreditIssued':
      case 'CreditRedeemed':
      case 'CreditExpired':
      case 'CreditRefunded':
        return this.#credit.find(provider, effect as CreditEffect);
      default:
        return {};
    }
  }

  async #payment(provider: string, effect: PaidEffect): Promise<SettlementSubject> {
    const { chainId, log } = effect;
    const stream = slotStream(provider, log.seq);
    const state = await this.#executor.current(slot, stream, provider);
    return matchPayment(effect, { stream, state }, this.#chains.tokenAt(chainId, log.token));
  }

  /** What goes back is what was bought in the slot. */
  async #purchase(provider: string, { chainId, contract, log }: EffectOf<'PurchaseRefunded'>): Promise<SettlementSubject> {
    const payment = await this.#purchases.paymentOf(provider, { chainId, contract, slot: log.seq });
    return payment === undefined ? { unmatched: 'purchase_unknown' } : { payment };
  }

  /** What was paid back under a number that the ledger did not give out for it was paid by somebody who has the key. */
  async #refund(provider: string, effect: EffectOf<'Refunded'>): Promise<SettlementSubject> {
    const stream = dispatchStream(provider, refundDispatchId(effect.log.refundSeq));
    const ordered = matchingRefund(await this.#executor.current(dispatch, stream, provider), effect);
    if (ordered === undefined) return { unmatched: 'refund_unknown' };
    const { refund, slot: of, account, amount, currency, tokenCurrency: token, tokenAmount } = ordered;
    return { refund: { refund, slot: of, account, amount, currency, token, tokenAmount } };
  }
}
