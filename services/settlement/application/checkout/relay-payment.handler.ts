import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { Outcome } from '../../../commands/application/answer.ts';
import { CommandExecutor } from '../../../commands/application/command-executor.ts';
import type { Envelope } from '../../../commands/application/envelope.ts';
import type { DispatchRejection } from '../../domain/dispatch.decider.ts';
import type { RelayOrdered } from '../../domain/dispatch.events.ts';
import type { IssuedQuote } from '../../domain/slot.ts';
import { isOrdered, orderDispatch } from '../sending/dispatch-commands.ts';
import { PAYER_DESK, type PayerDesk, type Refusal } from './payer-desk.ts';

const malformed = { code: 'signature_malformed', text: 'This is no signature of a key. Nothing was paid.' };

export type RelayRejection = DispatchRejection | { readonly code: 'payment_refused'; readonly refusal: string; readonly text: string };

export interface RelayAsked extends Pick<RelayOrdered, 'method' | 'payer' | 'signature' | 'nonce'> {
  readonly quote: IssuedQuote;
}

export class RelayPayment extends Command<Outcome<RelayRejection>> {
  readonly envelope: Envelope;
  readonly asked: RelayAsked;

  constructor(envelope: Envelope, asked: RelayAsked) {
    super();
    this.envelope = envelope;
    this.asked = asked;
  }
}

/**
 * Takes a payer's signature to be brought to the contract. It is tried out first: what the contract would refuse costs nobody anything. But what is
 * ordered already is answered by that: once it is paid, the contract refuses it for ever.
 */
@CommandHandler(RelayPayment)
export class RelayPaymentHandler implements ICommandHandler<RelayPayment> {
  readonly #executor: CommandExecutor;
  readonly #desk: PayerDesk;

  constructor(@Inject(CommandExecutor) executor: CommandExecutor, @Inject(PAYER_DESK) desk: PayerDesk) {
    this.#executor = executor;
    this.#desk = desk;
  }

  async execute({ envelope, asked }: RelayPayment): Promise<Outcome<RelayRejection>> {
    const { quote, method, payer, signature, nonce } = asked;
    const { seq, chainId, contract, terms, structHash, signer } = quote;
    const { providerId } = terms.module === 'settlement' ? terms.quote : terms.offer;
    const event = {
      type: 'RelayOrdered/1',
      data: {
        ...{ chainId, contract, providerId, slot: seq, method, payer, signature, nonce, terms },
        ...{ structHash, signer, quoteSignature: quote.signature },
      },
    } as const;
    const isKnown = await isOrdered(this.#executor, envelope.provider, event);
    const refusal = isKnown ? undefined : await this.#refusalOf(asked);
    if (refusal !== undefined)
      return { kind: 'rejected', rejection: { code: 'payment_refused', refusal: refusal.code, text: refusal.text } };
    return orderDispatch(this.#executor, envelope, event);
  }

  async #refusalOf({ quote, ...signed }: RelayAsked): Promise<Refusal | undefined> {
    const tried = await this.#desk.signed(quote, signed);
    return tried === undefined ? malformed : tried.refusal;
  }
}
