import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { Outcome } from '../../../commands/application/answer.ts';
import { CommandExecutor } from '../../../commands/application/command-executor.ts';
import type { Envelope } from '../../../commands/application/envelope.ts';
import type { Money } from '../../../money/money.ts';
import { type CreditRefundRejection, refundCredit } from '../../domain/credit-refund.decider.ts';
import { slotsOf } from '../../domain/credit-holding.ts';
import { isPayment } from '../../domain/settlement.decider.ts';
import { settlement, standingOf } from '../../domain/settlement.ts';
import { type DecidedCreditRefund, slot } from '../../domain/slot.ts';
import { CreditHoldings } from './credit-holdings.ts';
import { issuedCredit } from './issued-credit.ts';
import { settlementStream, slotStream } from '../settlement-streams.ts';

export interface RefundCreditRequest {
  /** Id of the refund that this creates. */
  readonly refund: string;
  /** The payment that bought the credit. */
  readonly settlement: string;
  /** Everything of it that is neither spent nor taken back when absent. */
  readonly amount?: Money;
  readonly reason: string;
}

export type RefundCreditRejection =
  | CreditRefundRejection
  | { readonly code: 'settlement_not_found' }
  | { readonly code: 'settlement_not_final'; readonly settlement: string }
  /** The payment bought something else, or what it bought is not given out for good yet. */
  | { readonly code: 'credit_not_issued'; readonly settlement: string };

/** Takes back prepaid credit that a payment bought: its holder's is burnt, and its money is the account's again. */
export class RefundCredit extends Command<Outcome<RefundCreditRejection>> {
  readonly envelope: Envelope;
  readonly request: RefundCreditRequest;

  constructor(envelope: Envelope, request: RefundCreditRequest) {
    super();
    this.envelope = envelope;
    this.request = request;
  }
}

@CommandHandler(RefundCredit)
export class RefundCreditHandler implements ICommandHandler<RefundCredit> {
  readonly #executor: CommandExecutor;

  constructor(@Inject(CommandExecutor) executor: CommandExecutor) {
    this.#executor = executor;
  }

  async execute({ envelope, request }: RefundCredit): Promise<Outcome<RefundCreditRejection>> {
    const { provider } = envelope;
    const { settlement: id, ...what } = request;
    const refused = (rejection: RefundCreditRejection) => ({ kind: 'rejected', rejection }) as const;
    const paid = await this.#executor.current(settlement, settlementStream(provider, id), provider);
    if (paid.status === 'none' || !isPayment(paid)) return refused({ code: 'settlement_not_found' });
    if (standingOf(paid) !== 'finalized') return refused({ code: 'settlement_not_final', settlement: id });
    const bought = paid.seen.payment?.slot;
    const issue = bought === undefined ? undefined : await issuedCredit(this.#executor, provider, bought);
    // A second payment of the slot bought nothing: it lies in the wallet, and goes back like any payment.
    if (bought === undefined || issue?.settlement !== id) return refused({ code: 'credit_not_issued', settlement: id });
    const { chainId, contract, to: holder } = issue;
    const holding = await new CreditHoldings(this.#executor).at(provider, { chainId, contract, holder });
    const others = slotsOf(holding, issue.account).filter((seq) => seq !== bought);
    const elsewhere = await this.#decidedIn(provider, others);
    return this.#executor.execute({
      ...{ aggregate: slot, stream: slotStream(provider, bought), envelope },
      decide: (state, now) => refundCredit(state, { ...what, issue, holding, elsewhere, now }),
    });
  }

  /** One after the other: an account bought as often as it likes. */
  async #decidedIn(provider: string, slots: readonly string[]): Promise<readonly DecidedCreditRefund[]> {
    const decided: DecidedCreditRefund[] = [];
    for (const seq of slots) {
      const other = await this.#executor.current(slot, slotStream(provider, seq), provider);
      if (other.status !== 'none') decided.push(...other.creditRefunds);
    }
    return decided;
  }
}
