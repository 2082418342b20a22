import { Inject } from '@nestjs/common';
import { Command, CommandBus, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { accountStream } from '../../../accounts/application/account-command.ts';
import { RefundSettlement } from '../../../accounts/application/refund-settlement.handler.ts';
import type { AccountRejection } from '../../../accounts/domain/account.commands.ts';
import { account } from '../../../accounts/domain/account.ts';
import type { Outcome } from '../../../commands/application/answer.ts';
import { CommandExecutor } from '../../../commands/application/command-executor.ts';
import type { Envelope } from '../../../commands/application/envelope.ts';
import { reject } from '../../../commands/domain/decision.ts';
import { amountText, type Money } from '../../../money/money.ts';
import { settlementId } from '../../domain/chain-effect.ts';
import { type DispatchRejection, order } from '../../domain/dispatch.decider.ts';
import { purchaseRefundDispatchId, type PurchaseRefundOrdered } from '../../domain/dispatch.events.ts';
import { dispatch } from '../../domain/dispatch.ts';
import { mayReceive } from '../../domain/refund-address.ts';
import { isPayment } from '../../domain/settlement.decider.ts';
import type { MatchedPayment, SettlementObserved } from '../../domain/settlement.events.ts';
import { settlement, standingOf } from '../../domain/settlement.ts';
import { dispatchStream } from '../sending/sending-streams.ts';
import { SETTLEMENT_CHAINS, type SettlementChains } from '../settlement-chains.ts';
import { settlementStream } from '../settlement-streams.ts';

export interface RefundPaymentRequest {
  /** Id of the refund that this creates. */
  readonly refund: string;
  readonly settlement: string;
  /** Everything that can still go back when absent. */
  readonly amount?: Money;
  readonly reason: string;
  /** Lower-case address; who paid when absent. */
  readonly to?: string;
  /** Of the payer, over that address. */
  readonly signature?: string;
}

export type RefundPaymentRejection =
  | AccountRejection
  | DispatchRejection
  | { readonly code: 'settlement_not_found' }
  /** The ledger never asked for it: it is allocated to an account, or it is nobody's. */
  | { readonly code: 'payment_unmatched' }
  /** The operator has taken the token away since it was paid with. */
  | { readonly code: 'token_not_taken'; readonly token: string }
  /** Nobody but the payer can say where else its money goes. */
  | { readonly code: 'refund_address_disputed'; readonly to: string; readonly payer: string }
  /** What the escrow holds for a purchase goes back in one piece. */
  | { readonly code: 'refund_not_whole'; readonly amount: string; readonly currency: string }
  /** Whoever bought takes the money back from the escrow, or anybody does it for them. */
  | { readonly code: 'ppv_event_cancelled'; readonly eventId: string };

/** Pays back what a payment on chain brought: from the provider's own money, or out of the escrow while that holds it. */
export class RefundPayment extends Command<Outcome<RefundPaymentRejection>> {
  readonly envelope: Envelope;
  readonly request: RefundPaymentRequest;

  constructor(envelope: Envelope, request: RefundPaymentRequest) {
    super();
    this.envelope = envelope;
    this.request = request;
  }
}

/** A payment that is final. */
interface Paid {
  readonly seen: SettlementObserved;
  readonly payment: MatchedPayment;
}

@CommandHandler(RefundPayment)
export class RefundPaymentHandler implements ICommandHandler<RefundPayment> {
  readonly #executor: CommandExecutor;
  readonly #commands: CommandBus;
  readonly #chains: SettlementChains;

  constructor(
    @Inject(CommandExecutor) executor: CommandExecutor,
    @Inject(CommandBus) commands: CommandBus,
    @Inject(SETTLEMENT_CHAINS) chains: SettlementChains,
  ) {
    [this.#executor, this.#commands, this.#chains] = [executor, commands, chains];
  }

  async execute({ envelope, request }: RefundPayment): Promise<Outcome<RefundPaymentRejection>> {
    const paid = await this.#paid(envelope.provider, request.settlement);
    if ('code' in paid) return { kind: 'rejected', rejection: paid };
    const { seen, payment } = paid;
    const { chainId, contract, module, providerId } = seen;
    const { to = payment.payer, signature } = request;
    const address = { providerId, seq: payment.slot, to };
    const isEscrow = module === 'escrow';
    const place = { chainId, contract };
    if (!mayReceive({ place, module: isEscrow ? 'escrow' : 'settlement', payer: payment.payer, address, signature }))
      return { kind: 'rejected', rejection: { code: 'refund_address_disputed', to, payer: payment.payer } };
    if (isEscrow && (await this.#isEscrowed(envelope.provider, request.refund, payment))) return this.#fromEscrow(envelope, request, paid);
    if (this.#chains.tokenAt(chainId, payment.tokenAddress) === undefined)
      return { kind: 'rejected', rejection: { code: 'token_not_taken', token: payment.tokenAddress } };
    const { refund, settlement: id, amount, reason } = request;
    const data = { refund, settlement: id, reason, ...(amount !== undefined && { amount }), ...(to !== payment.payer && { to }) };
    return this.#commands.execute(new RefundSettlement(envelope, payment.account, data));
  }

  /** Only what is final: a payment that is merely confirmed may be gone tomorrow (rule 15). */
  async #paid(provider: string, id: string): Promise<Paid | RefundPaymentRejection> {
    const state = await this.#executor.current(settlement, settlementStream(provider, id), provider);
    if (state.status === 'none' || !isPayment(state)) return { code: 'settlement_not_found' };
    if (standingOf(state) !== 'finalized') return { code: 'settlement_not_final', settlement: id };
    const { seen } = state;
    return seen.payment === undefined ? { code: 'payment_unmatched' } : { seen, payment: seen.payment };
  }

  /** Until the account has earned it; and for a repeat of what was asked for until then. */
  async #isEscrowed(provider: string, refund: string, { account: id, slot }: MatchedPayment): Promise<boolean> {
    const customer = await this.#executor.current(account, accountStream(provider, id), provider);
    if (customer.status === 'none' || !customer.captured.has(slot)) return true;
    const known = await this.#executor.current(dispatch, dispatchStream(provider, purchaseRefundDispatchId(slot)), provider);
    return known.status !== 'none' && known.order.type === 'PurchaseRefundOrdered/1' && known.order.data.refund === refund;
  }

  /** What stands against it is found out before, and said by the decision: so a repeat is answered by what was written. */
  async #fromEscrow(envelope: Envelope, request: RefundPaymentRequest, paid: Paid): Promise<Outcome<RefundPaymentRejection>> {
    const refusal = await this.#escrowRefusal(envelope.provider, request, paid);
    const data = orderOf(request, paid);
    return this.#executor.execute({
      ...{ aggregate: dispatch, stream: dispatchStream(envelope.provider, purchaseRefundDispatchId(data.slot)), envelope },
      decide: (state) => (refusal === undefined ? order(state, { type: 'PurchaseRefundOrdered/1', data }) : reject(refusal)),
    });
  }

  async #escrowRefusal(
    provider: string,
    { amount: asked, to }: RefundPaymentRequest,
    { seen, payment }: Paid,
  ): Promise<RefundPaymentRejection | undefined> {
    const { payer, slot, amount, currency, eventId = '' } = payment;
    if (to !== undefined && to !== payer) return { code: 'refund_address_disputed', to, payer };
    if (asked !== undefined && (asked.currency !== currency || amountText(asked) !== amount)) {
      return { code: 'refund_not_whole', amount, currency };
    }
    const standing = async (effect: 'cancel' | 'purchase-refund', key: string) => {
      const stream = settlementStream(provider, settlementId({ ...seen, effect, key }));
      return standingOf(await this.#executor.current(settlement, stream, provider));
    };
    if ((await standing('purchase-refund', slot)) !== 'none') return { code: 'nothing_to_refund', paid: amount, currency };
    if ((await standing('cancel', eventId)) !== 'none') return { code: 'ppv_event_cancelled', eventId };
    return undefined;
  }
}

function orderOf({ refund, settlement: id, reason }: RefundPaymentRequest, { seen, payment }: Paid): PurchaseRefundOrdered {
  const { chainId, contract, providerId } = seen;
  const { slot, account: customer, amount, currency, payer, token, tokenAddress, tokenAmount, eventId = '' } = payment;
  return {
    ...{ chainId, contract, providerId, refund, settlement: id, slot, account: customer, eventId, amount, currency },
    ...{ token: tokenAddress, tokenCurrency: token, tokenAmount, to: payer, reason },
  };
}
