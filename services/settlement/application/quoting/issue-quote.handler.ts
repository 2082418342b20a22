import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { Outcome } from '../../../commands/application/answer.ts';
import { CLOCK, type Clock } from '../../../commands/application/clock.ts';
import { CommandExecutor } from '../../../commands/application/command-executor.ts';
import type { Envelope } from '../../../commands/application/envelope.ts';
import { type Decision, reject } from '../../../commands/domain/decision.ts';
import { amountText, moneyOf } from '../../../money/money.ts';
import { draftQuote, type QuoteDraftRejection } from '../../domain/draft-quote.ts';
import { digestOf, structHashOf } from '../../domain/quote.ts';
import { bookCurrencyOf, settlementProvider } from '../../domain/settlement-provider.ts';
import { checkRate, lockedRate } from '../../domain/rate.ts';
import { askForQuote, issueQuote, type IssueQuoteData, type QuoteFree, type SlotRejection } from '../../domain/slot.decider.ts';
import type { SlotEvent } from '../../domain/slot.events.ts';
import { type OpenSlot, slot } from '../../domain/slot.ts';
import { tokenMoney, tokenUnits } from '../../domain/token-amount.ts';
import { unitsWorth } from '../../domain/token-units.ts';
import type { SubjectRejection } from '../checkout/checkout-subject.ts';
import { PayableSubjects } from '../checkout/payable-subjects.ts';
import { QUOTE_SIGNER, type QuoteSigner } from './quote-signer.ts';
import { aboveCap, type CapRejection, heldPrice, priceAt, type QuotePrice } from './quote-price.ts';
import { RATE_SOURCE, type RateSource } from './rate-source.ts';
import { SETTLEMENT_CHAINS, type SettlementChains } from '../settlement-chains.ts';
import { settlementProviderStream, slotStream } from '../settlement-streams.ts';
import { CREDIT_CAPS, type CreditCaps } from '../credit/credit-caps.ts';
import { CreditTokens } from '../credit/credit-tokens.ts';
import { SlotReleases } from '../checkout/slot-releases.ts';
import { TOKEN_SCALES, type TokenScales } from './token-scales.ts';

export interface QuoteAsked {
  readonly seq: string;
  /** Lower-case address. */
  readonly token: string;
  readonly payer: string;
  /** What the mandate leaves that it is to be collected under. A quote above that would be of no use, and keep every other payer off the slot. */
  readonly unitsMax?: bigint;
}

export type QuoteRejection =
  | SlotRejection
  | SubjectRejection
  | QuoteDraftRejection
  | CapRejection
  | { readonly code: 'token_not_taken'; readonly token: string }
  | { readonly code: 'token_misconfigured'; readonly token: string }
  | { readonly code: 'credit_cap_exceeded'; readonly left: string; readonly currency: string }
  | { readonly code: 'rate_not_found'; readonly base: string; readonly currency: string };

export class IssueQuote extends Command<Outcome<QuoteRejection>> {
  readonly envelope: Envelope;
  readonly asked: QuoteAsked;

  constructor(envelope: Envelope, asked: QuoteAsked) {
    super();
    this.envelope = envelope;
    this.asked = asked;
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
  readonly #rates: RateSource;
  readonly #chains: SettlementChains;
  readonly #subjects: PayableSubjects;
  readonly #releases: SlotReleases;
  readonly #scales: TokenScales;
  readonly #caps: CreditCaps;
  readonly #clock: Clock;

  constructor(
    @Inject(CommandExecutor) executor: CommandExecutor,
    @Inject(QUOTE_SIGNER) signer: QuoteSigner,
    @Inject(RATE_SOURCE) rates: RateSource,
    @Inject(SETTLEMENT_CHAINS) chains: SettlementChains,
    @Inject(PayableSubjects) subjects: PayableSubjects,
    @Inject(SlotReleases) releases: SlotReleases,
    @Inject(TOKEN_SCALES) scales: TokenScales,
    @Inject(CREDIT_CAPS) caps: CreditCaps,
    @Inject(CLOCK) clock: Clock,
  ) {
    this.#executor = executor;
    this.#signer = signer;
    this.#rates = rates;
    this.#chains = chains;
    this.#subjects = subjects;
    this.#releases = releases;
    this.#scales = scales;
    this.#caps = caps;
    this.#clock = clock;
  }

  /** Whoever is quoted at the same time holds the price for everybody: then that one is signed. */
  async execute({ envelope, asked }: IssueQuote): Promise<Outcome<QuoteRejection>> {
    const outcome = await this.#quoted(envelope, asked);
    const isBeaten = outcome.kind === 'rejected' && outcome.rejection.code === 'quote_live';
    return isBeaten ? this.#quoted(envelope, asked) : outcome;
  }

  async #quoted(envelope: Envelope, asked: QuoteAsked): Promise<Outcome<QuoteRejection>> {
    const { provider } = envelope;
    const stream = slotStream(provider, asked.seq);
    const state = await this.#executor.current(slot, stream, provider);
    const now = this.#clock.now();
    // A repeat is answered by what it did, also where nothing is due any more.
    const answer = (decision: Decision<SlotEvent, QuoteRejection>) =>
      this.#executor.execute({ aggregate: slot, stream, envelope, decide: () => decision });
    const over = state.status === 'open' ? await this.#subjects.refusalOf(provider, state.opened, now) : undefined;
    if (over !== undefined) {
      const outcome = await answer(reject(over));
      if (outcome.kind === 'rejected') await this.#releases.tryRelease(envelope, state as OpenSlot, now);
      return outcome;
    }
    const place = state.status === 'none' ? { chainId: '', contract: '' } : state.place;
    const allowed = askForQuote(state, { ...place, token: asked.token, payer: asked.payer }, now);
    if (allowed.kind !== 'free') return answer(allowed);
    const drafted = await this.#signed(provider, state as OpenSlot, asked, { ...allowed, now });
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
    { held, after, now }: Omit<QuoteFree, 'kind'> & { readonly now: string },
  ): Promise<IssueQuoteData | QuoteRejection> {
    const priced = held === undefined ? await this.#priced(provider, open, { ...asked, after, now }) : heldPrice(held, asked);
    if ('code' in priced) return priced;
    const { terms, validity, ...price } = priced;
    const { chainId, contract } = open.place;
    const { signer, signature } = await this.#signer.sign(provider, terms, { chainId, contract });
    const hashes = { structHash: structHashOf(terms), digest: digestOf(terms, { chainId, contract }) };
    const quote = { seq: open.opened.seq, chainId, contract, terms, signer, signature, ...hashes, ...price };
    return { quote, ...(validity !== undefined && { validity }) };
  }

  /** At the rate of now. */
  async #priced(
    provider: string,
    open: OpenSlot,
    { token, payer, unitsMax, after, now }: QuoteAsked & { readonly after: bigint | undefined; readonly now: string },
  ): Promise<QuotePrice | QuoteRejection> {
    const { opened, place } = open;
    const chain = this.#chains.find(place.chainId);
    const taken = this.#chains.tokenAt(place.chainId, token);
    if (chain === undefined || taken === undefined) return { code: 'token_not_taken', token };
    // A wrong number of decimals in the configuration would sell for a millionth of the price, and every part of the product would agree.
    if ((await this.#scales.decimalsOf(place.chainId, token)) !== taken.decimals) return { code: 'token_misconfigured', token };
    const tooMuch = opened.purpose.kind === 'credit' ? await this.#capRefusal(provider, open) : undefined;
    if (tooMuch !== undefined) return tooMuch;
    const rate = await this.#rates.rateOf(provider, taken.currency, opened.currency);
    if (rate === undefined) return { code: 'rate_not_found', base: taken.currency, currency: opened.currency };
    const stale = checkRate(rate, rate, now);
    if (stale !== undefined) return stale;
    const books = bookCurrencyOf(await this.#executor.current(settlementProvider, settlementProviderStream(provider), provider));
    // What is paid goes into the books in their own currency: nothing is taken that could not be valued there, by a rate of now.
    const inBooks = books === opened.currency ? rate : await this.#rates.rateOf(provider, taken.currency, books);
    if (inBooks === undefined) return { code: 'rate_not_found', base: taken.currency, currency: books };
    const staleInBooks = checkRate(inBooks, inBooks, now);
    if (staleInBooks !== undefined) return staleInBooks;
    const units = unitsWorth(moneyOf(opened.amount, opened.currency), lockedRate(rate), taken.decimals);
    const above = aboveCap(units, unitsMax);
    if (above !== undefined) return above;
    const terms = draftQuote(open, { payer, token, units, now, quoteSeconds: rate.quoteSeconds, after });
    return 'code' in terms ? terms : { terms, validity: rate, ...priceAt(units, taken, rate, chain) };
  }

  /** Nobody pays for credit that cannot be given out today. Who comes at the same time, and is too late, gets it when the day turns. */
  async #capRefusal(provider: string, { opened, place }: OpenSlot): Promise<QuoteRejection | undefined> {
    const token = await new CreditTokens(this.#executor).of(provider, place.chainId);
    if (token === undefined) return undefined; // It is not opened without one.
    const left = await this.#caps.leftOf(place.chainId, token);
    const units = tokenUnits(moneyOf(opened.amount, opened.currency), token);
    if (units !== undefined && units <= left) return undefined;
    return { code: 'credit_cap_exceeded', left: amountText(tokenMoney(left.toString(), token)), currency: token.currency };
  }
}
