import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { accountStream } from '../../accounts/application/account-command.ts';
import { account } from '../../accounts/domain/account.ts';
import type { Outcome } from '../../commands/application/answer.ts';
import { CommandExecutor } from '../../commands/application/command-executor.ts';
import type { Envelope } from '../../commands/application/envelope.ts';
import { moneyOf, zero } from '../../money/money.ts';
import { collect, type CollectData, type MandateRejection, offerMandate, revokeMandate, signMandate } from '../domain/mandate.decider.ts';
import type { MandateOffered } from '../domain/mandate.events.ts';
import { mandate } from '../domain/mandate.ts';
import { zeroAddress } from '../domain/quote.ts';
import { deadlineOf, payerOf, slot, tokenOf } from '../domain/slot.ts';
import { mandateStream } from './sending-streams.ts';
import { slotStream } from './settlement-streams.ts';

export type MandateCommandRejection =
  | MandateRejection
  | { readonly code: 'account_not_found' }
  | { readonly code: 'slot_not_found' }
  | { readonly code: 'quote_not_found' }
  | { readonly code: 'slot_closed' };

abstract class MandateCommand<Data> extends Command<Outcome<MandateCommandRejection>> {
  readonly envelope: Envelope;
  readonly data: Data;

  constructor(envelope: Envelope, data: Data) {
    super();
    this.envelope = envelope;
    this.data = data;
  }
}

/** Writes terms down, before the payer is shown them. */
export class OfferMandate extends MandateCommand<MandateOffered> {}
/** `revoke`: the signature is over the end of the mandate. */
export class SignMandate extends MandateCommand<{ readonly mandate: string; readonly signature: string; readonly revoke: boolean }> {}
/** Collects what a slot asks for, at its quote. What the billing run calls, too. */
export class CollectByMandate extends MandateCommand<{ readonly mandate: string; readonly slot: string }> {}

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
    return this.#executor.execute({ aggregate: mandate, stream, envelope, decide: (state) => offerMandate(state, data) });
  }
}

@CommandHandler(SignMandate)
export class SignMandateHandler implements ICommandHandler<SignMandate> {
  readonly #executor: CommandExecutor;

  constructor(@Inject(CommandExecutor) executor: CommandExecutor) {
    this.#executor = executor;
  }

  execute({ envelope, data }: SignMandate): Promise<Outcome<MandateCommandRejection>> {
    const { signature, revoke } = data;
    return this.#executor.execute({
      ...{ aggregate: mandate, stream: mandateStream(envelope.provider, data.mandate), envelope },
      decide: (state) => (revoke ? revokeMandate(state, { signature }) : signMandate(state, { signature, isVerifiedOnChain: false })),
    });
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
    if ('code' in asked) return { kind: 'rejected', rejection: asked };
    return this.#executor.execute({ aggregate: mandate, stream, envelope, decide: (current, now) => collect(current, asked, now) });
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
