import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { Outcome } from '../../../commands/application/answer.ts';
import { CLOCK, type Clock } from '../../../commands/application/clock.ts';
import { CommandExecutor } from '../../../commands/application/command-executor.ts';
import type { Envelope } from '../../../commands/application/envelope.ts';
import { type Decision, reject } from '../../../commands/domain/decision.ts';
import { digestOf, structHashOf } from '../../domain/quote.ts';
import { askForQuote, issueQuote, type IssueQuoteData, type QuoteFree, type SlotRejection } from '../../domain/slot.decider.ts';
import type { SlotEvent } from '../../domain/slot.events.ts';
import { type OpenSlot, slot } from '../../domain/slot.ts';
import type { SubjectRejection } from '../checkout/checkout-subject.ts';
import { DueSlots } from '../checkout/due-slots.ts';
import { QUOTE_SIGNER, type QuoteSigner } from './quote-signer.ts';
import { heldPrice } from './quote-price.ts';
import { type PriceRejection, QuotePrices } from './quote-prices.ts';
import { slotStream } from '../settlement-streams.ts';

export interface QuoteAsked {
  readonly seq: string;
  /** Lower-case address. */
  readonly token: string;
  readonly payer: string;
  /** What the mandate leaves that it is to be collected under. A quote above that would be of no use, and keep every other payer off the slot. */
  readonly unitsMax?: bigint;
  /** What is left of a price that is held has to be as much: else it is asked for again when that is over (`quote_live`). */
  readonly secondsMin?: bigint;
}

export type QuoteRejection = SlotRejection | SubjectRejection | PriceRejection;

export class IssueQuote extends Command<Outcome<QuoteRejection>> {
  readonly envelope: Envelope;
  readonly asked: QuoteAsked;
  /** Called before a node is asked or anything is signed; may throw, and then nothing is. A price that is held already costs nothing. */
  readonly onCost: () => void;

  constructor(envelope: Envelope, asked: QuoteAsked, onCost: () => void = () => undefined) {
    super();
    this.envelope = envelope;
    this.asked = asked;
    this.onCost = onCost;
  }
}

/**
 * Nothing is quoted that is not due any more: what was a bill or a title when its checkout was opened may be paid, owned or called off since.
 * Prices what a slot asks for in a token, signs it and writes it down, in this order: a quote is in the log before anybody is shown it. The
 * key signs outside the decision, so whether a quote may be issued is asked before, and decided again with the signed one.
 */
@CommandHandler(IssueQuote)
export class IssueQuoteHandler implements ICommandHandler<IssueQuote> {
  readonly #executor: CommandExecutor;
  readonly #signer: QuoteSigner;
  readonly #due: DueSlots;
  readonly #prices: QuotePrices;
  readonly #clock: Clock;

  constructor(
    @Inject(CommandExecutor) executor: CommandExecutor,
    @Inject(QUOTE_SIGNER) signer: QuoteSigner,
    @Inject(DueSlots) due: DueSlots,
    @Inject(QuotePrices) prices: QuotePrices,
    @Inject(CLOCK) clock: Clock,
  ) {
    this.#executor = executor;
    this.#signer = signer;
    this.#due = due;
    this.#prices = prices;
    this.#clock = clock;
  }

  /** Whoever is quoted at the same time holds the price for everybody: then that one is signed. */
  async execute(command: IssueQuote): Promise<Outcome<QuoteRejection>> {
    const outcome = await this.#quoted(command);
    const isBeaten = outcome.kind === 'rejected' && outcome.rejection.code === 'quote_live';
    return isBeaten ? this.#quoted(command) : outcome;
  }

  async #quoted({ envelope, asked, onCost }: IssueQuote): Promise<Outcome<QuoteRejection>> {
    const { provider } = envelope;
    const stream = slotStream(provider, asked.seq);
    const state = await this.#executor.current(slot, stream, provider);
    const now = this.#clock.now();
    const over = await this.#due.refused(envelope, state, now);
    if (over !== undefined) return over;
    const answer = (decision: Decision<SlotEvent, QuoteRejection>) =>
      this.#executor.execute({ aggregate: slot, stream, envelope, decide: () => decision });
    const place = state.status === 'none' ? { chainId: '', contract: '' } : state.place;
    const allowed = askForQuote(state, { ...place, ...asked }, now);
    if (allowed.kind !== 'free') return answer(allowed);
    const drafted = await this.#signed(provider, state as OpenSlot, asked, { ...allowed, now, onCost });
    if ('code' in drafted) return answer(reject(drafted));
    return this.#executor.execute({
      ...{ aggregate: slot, stream, envelope },
      decide: (current, at) => issueQuote(current, drafted, at),
    });
  }

  async #signed(
    provider: string,
    open: OpenSlot,
    asked: QuoteAsked,
    { held, after, now, onCost }: Omit<QuoteFree, 'kind'> & { readonly now: string; readonly onCost: () => void },
  ): Promise<IssueQuoteData | QuoteRejection> {
    const priced = held === undefined ? await this.#prices.of(provider, open, { ...asked, after, now, onCost }) : heldPrice(held, asked);
    if ('code' in priced) return priced;
    if (held !== undefined) onCost();
    const { terms, validity, ...price } = priced;
    const { chainId, contract } = open.place;
    const { signer, signature } = await this.#signer.sign(provider, terms, { chainId, contract });
    const hashes = { structHash: structHashOf(terms), digest: digestOf(terms, { chainId, contract }) };
    const quote = { seq: open.opened.seq, chainId, contract, terms, signer, signature, ...hashes, ...price };
    return { quote, ...(validity !== undefined && { validity }) };
  }
}
