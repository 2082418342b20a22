import { Inject } from '@nestjs/common';
import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { accountStream } from '../../../accounts/application/account-command.ts';
import { account } from '../../../accounts/domain/account.ts';
import type { Outcome } from '../../../commands/application/answer.ts';
import { CommandExecutor } from '../../../commands/application/command-executor.ts';
import { reject } from '../../../commands/domain/decision.ts';
import { moneyOf, zero } from '../../../money/money.ts';
import { collect, type CollectData, offerMandate } from '../../domain/mandate.decider.ts';
import type { MandateOffered } from '../../domain/mandate.events.ts';
import { mandate } from '../../domain/mandate.ts';
import { zeroAddress } from '../../domain/quote.ts';
import { deadlineOf, payerOf, slot, tokenOf } from '../../domain/slot.ts';
import { MandateCommand, type MandateCommandRejection } from './mandate-command.ts';
import { mandateStream } from '../sending/sending-streams.ts';
import { slotStream } from '../settlement-streams.ts';

/** Writes terms down, before the payer is shown them. */
export class OfferMandate extends MandateCommand<MandateOffered> {}
/** Collects what a slot asks for, at its quote. What the billing run calls, too. */
export class CollectByMandate extends MandateCommand<{ readonly mandate: string; readonly slot: string; readonly byPayer?: boolean }> {}

@CommandHandler(OfferMandate)
export class OfferMandateHandler implements ICommandHandler<OfferMandate> {
  readonly #executor: CommandExecutor;

  constructor(@Inject(CommandExecutor) executor: CommandExecutor) {
    this.#executor = executor;
  }

  async execute({ envelope, data }: OfferMandate): Promise<Outcome<MandateCommandRejection>> {
    const { provider } = envelope;
    const customer = await this.#executor.current(account, accountStream(provider, data.account), provider);
    if (customer.status === 'none') return { kind: 'rejected', rejection: { code: 'account_not_found' } };
    const stream = mandateStream(provider, data.mandate);
    return this.#executor.execute({ aggregate: mandate, stream, envelope, decide: (state, now) => offerMandate(state, data, now) });
  }
}

@CommandHandler(CollectByMandate)
export class CollectByMandateHandler implements ICommandHandler<CollectByMandate> {
  readonly #executor: CommandExecutor;

  constructor(@Inject(CommandExecutor) executor: CommandExecutor) {
    this.#executor = executor;
  }

  async execute({ envelope, data }: CollectByMandate): Promise<Outcome<MandateCommandRejection>> {
    const { provider } = envelope;
    const stream = mandateStream(provider, data.mandate);
    const state = await this.#executor.current(mandate, stream, provider);
    if (state.status === 'none') return { kind: 'rejected', rejection: { code: 'mandate_not_found' } };
    const asked = await this.#asked(provider, data.slot, state.offered.terms.token);
    return this.#executor.execute({
      ...{ aggregate: mandate, stream, envelope },
      // Decided in any case: a repeat is answered by what it did, also where the slot is closed by now.
      decide: (current, now) => ('code' in asked ? reject(asked) : collect(current, { ...asked, byPayer: data.byPayer === true }, now)),
    });
  }

  /** What the newest quote of the slot asks for in the mandate's token, and what is open of the invoice: both as the books have it now. */
  async #asked(provider: string, seq: string, token: string): Promise<CollectData | MandateCommandRejection> {
    const state = await this.#executor.current(slot, slotStream(provider, seq), provider);
    if (state.status === 'none' || state.opened.purpose.kind !== 'invoice') return { code: 'slot_not_found' };
    if (state.status === 'closed') return { code: 'slot_closed' };
    const quote = state.quotes.findLast(({ terms }) => tokenOf(terms) === token);
    if (quote?.terms.module !== 'settlement') return { code: 'quote_not_found' };
    const { opened } = state;
    const { invoice } = state.opened.purpose;
    const customer = await this.#executor.current(account, accountStream(provider, opened.account), provider);
    const amount = moneyOf(opened.amount, opened.currency);
    const open = customer.status === 'none' ? undefined : customer.openInvoices.find((each) => each.invoice === invoice)?.open;
    const payer = payerOf(quote.terms);
    return {
      ...{ slot: seq, invoice, invoiceRef: quote.terms.quote.invoiceRef, tokenUnits: quote.terms.quote.amount, token },
      ...{ deadline: deadlineOf(quote.terms).toString(), chainId: quote.chainId, contract: quote.contract },
      ...{ payer: payer === zeroAddress ? undefined : payer, account: opened.account, amount },
      open: { ...zero(amount.currency), amount: open ?? 0n },
    };
  }
}
