import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { Outcome } from '../../../commands/application/answer.ts';
import { CLOCK, type Clock } from '../../../commands/application/clock.ts';
import { createdIdOf } from '../../../commands/application/command-id.ts';
import { CommandExecutor } from '../../../commands/application/command-executor.ts';
import type { Envelope } from '../../../commands/application/envelope.ts';
import { randomSalt } from '../../../commands/application/random-salt.ts';
import { reject, repeated } from '../../../commands/domain/decision.ts';
import { amountText } from '../../../money/money.ts';
import { mappedEvent, mappedTitle, mapTitle, type MapTitleData } from '../../domain/ppv-event.ts';
import { invoiceRefOf } from '../../domain/quote.ts';
import { configured, settlementProvider } from '../../domain/settlement-provider.ts';
import { moveSlot, openSlot, type SlotRejection } from '../../domain/slot.decider.ts';
import type { SlotAllocated, SlotOpened, SlotPurpose } from '../../domain/slot.events.ts';
import { type OpenSlot, slot } from '../../domain/slot.ts';
import { purposeKey, referenceOf, slotFor, slotRegister } from '../../domain/slot-register.ts';
import { noTerms, terms } from '../../domain/terms.ts';
import type { TermsDocument } from '../../domain/terms.events.ts';
import { type NamedTerms, type TermsDifference, termsDifference } from '../../domain/terms-match.ts';
import { tokenUnits } from '../../domain/token-amount.ts';
import type { CheckoutAsked, SubjectRejection } from './checkout-subject.ts';
import { InvoiceSlots, instalmentOf } from './invoice-slots.ts';
import { CreditTokens } from '../credit/credit-tokens.ts';
import { type Payable, PayableSubjects } from './payable-subjects.ts';
import type { SettlementChain } from '../settlement-chain.ts';
import { SETTLEMENT_CHAINS, type SettlementChains } from '../settlement-chains.ts';
import { ppvEventStream, settlementProviderStream, slotRegisterStream, slotStream, termsStream } from '../settlement-streams.ts';
import { SlotNumbers } from './slot-numbers.ts';
import { SlotReleases } from './slot-releases.ts';
import { stepEnvelope } from '../step-envelope.ts';

export type CheckoutRejection =
  | SubjectRejection
  | SlotRejection
  | { readonly code: 'settlement_not_configured' }
  | { readonly code: 'chain_not_found' }
  | { readonly code: 'escrow_not_available'; readonly chainId: string }
  | { readonly code: 'credit_not_available'; readonly chainId: string; readonly currency: string }
  | { readonly code: 'terms_not_found' }
  /** They say something else than what is to be paid. */
  | ({ readonly code: 'terms_contradict'; readonly terms: string } & TermsDifference);

/** Answers the seq of the slot beside the events. */
export class OpenCheckout extends Command<{ readonly seq: string; readonly outcome: Outcome<CheckoutRejection> }> {
  readonly envelope: Envelope;
  readonly asked: CheckoutAsked;
  readonly isFor: (account: string) => boolean;

  constructor(envelope: Envelope, asked: CheckoutAsked, isFor: (account: string) => boolean = () => true) {
    super();
    this.envelope = envelope;
    this.asked = asked;
    this.isFor = isFor;
  }
}

type Place = Pick<SlotOpened, 'module' | 'chainId' | 'contract' | 'escrow'>;
type Answer = Promise<{ readonly seq: string; readonly outcome: Outcome<CheckoutRejection> }>;

type EscrowTimes = Pick<MapTitleData, 'captureAfterSeconds' | 'reclaimAfterSeconds'>;

interface AgreedTerms {
  readonly hash: string;
  /** With those that it replaces, the newest first; absent where nothing was published. */
  readonly versions?: NamedTerms['versions'];
  readonly escrow: EscrowTimes;
}

/** A bill is of a month or two: no more changes of a price than this lie within one. */
const versionsMax = 12;

/** Where no terms say it: the provider takes the money when the title is over, and a month later anybody may send back what it left. */
const escrowTimesDefault: EscrowTimes = { captureAfterSeconds: 0n, reclaimAfterSeconds: 30n * 86_400n };

/**
 * Gives what is to be paid its slot, and opens it. Two steps over two streams: the register gives a purpose its seq, once; the slot says
 * what it is for. A crash between the two is mended by the repeat, and by whoever asks to pay the same thing.
 */
@CommandHandler(OpenCheckout)
export class OpenCheckoutHandler implements ICommandHandler<OpenCheckout> {
  readonly #executor: CommandExecutor;
  readonly #invoices: InvoiceSlots;
  readonly #subjects: PayableSubjects;
  readonly #chains: SettlementChains;
  readonly #releases: SlotReleases;
  readonly #numbers: SlotNumbers;
  readonly #clock: Clock;

  constructor(
    @Inject(CommandExecutor) executor: CommandExecutor,
    @Inject(PayableSubjects) subjects: PayableSubjects,
    @Inject(SETTLEMENT_CHAINS) chains: SettlementChains,
    @Inject(SlotReleases) releases: SlotReleases,
    @Inject(SlotNumbers) numbers: SlotNumbers,
    @Inject(CLOCK) clock: Clock,
  ) {
    this.#executor = executor;
    this.#invoices = new InvoiceSlots(executor);
    this.#subjects = subjects;
    this.#chains = chains;
    this.#releases = releases;
    this.#numbers = numbers;
    this.#clock = clock;
  }

  async execute({ envelope, asked, isFor }: OpenCheckout): Answer {
    const { provider } = envelope;
    const earlier = await this.#earlier(envelope);
    if (earlier !== undefined) return earlier;
    const payable = await this.#subjects.find(provider, asked.subject, { isFor, now: this.#clock.now() });
    if ('code' in payable) return refused(payable);
    const named = configured(await this.#executor.current(settlementProvider, settlementProviderStream(provider), provider));
    if (named.code !== undefined) return refused(named);
    const chain = this.#chains.find(asked.chainId);
    if (chain === undefined) return refused({ code: 'chain_not_found' });
    if (payable.kind === 'credit' && !(await this.#isCreditSold(provider, payable, chain))) {
      return refused({ code: 'credit_not_available', chainId: chain.chainId, currency: payable.amount.currency });
    }
    const carried = asked.termsHash === undefined ? await this.#carried(provider, payable) : undefined;
    const agreed = carried ?? (await this.#terms(provider, asked.termsHash ?? named.profile.termsHash));
    if (agreed === undefined) return refused({ code: 'terms_not_found' });
    const { hash, versions } = agreed;
    const isChosen = asked.termsHash !== undefined;
    const difference = versions === undefined ? undefined : termsDifference({ versions, isChosen }, payable);
    if (difference !== undefined) return refused({ code: 'terms_contradict', terms: hash, ...difference });
    const place = await this.#placeOf(envelope, payable, chain, agreed.escrow);
    if (place === undefined) return refused({ code: 'escrow_not_available', chainId: chain.chainId });

    const purpose = await this.#purposeOf(envelope, payable, place);
    if ('code' in purpose) return refused(purpose);
    const { seq, outcome } = await this.#numbers.allocate(envelope, named.providerId, purposeKey(purpose));
    if (outcome.kind === 'rejected') return { seq, outcome };
    const opened = { ...place, seq, providerId: named.providerId, account: payable.account, purpose, termsHash: hash };
    return { seq, outcome: await this.#open(envelope, { ...opened, ...amountOf(payable) }) };
  }

  /**
   * A command that has allocated a slot before is answered by it, whatever became of what it is for since; undefined for one that has not,
   * and for one that was interrupted before the slot was opened.
   */
  async #earlier(envelope: Envelope): Promise<Awaited<Answer> | undefined> {
    const { provider } = envelope;
    const allocated = await this.#executor.execute({
      ...{ aggregate: slotRegister, stream: slotRegisterStream(provider), envelope },
      decide: () => reject({ code: 'slot_not_found' as const }),
    });
    if (allocated.kind === 'rejected') return allocated.rejection.code === 'slot_not_found' ? undefined : { seq: '', outcome: allocated };
    const { purpose } = allocated.answer.events[0]?.data as SlotAllocated;
    const register = await this.#executor.current(slotRegister, slotRegisterStream(provider), provider);
    const seq = slotFor(register, purpose)?.seq ?? '';
    const stream = slotStream(provider, seq);
    if ((await this.#executor.current(slot, stream, provider)).status === 'none') return undefined;
    const step = stepEnvelope(envelope, 'OpenSlot', { seq });
    return { seq, outcome: await this.#executor.execute({ aggregate: slot, stream, envelope: step, decide: () => repeated(0n) }) };
  }

  /** Nobody pays for credit that cannot be given out: there has to be a token in this currency, as fine as the amount. */
  async #isCreditSold(provider: string, { amount }: Payable, { chainId }: SettlementChain): Promise<boolean> {
    const token = await new CreditTokens(this.#executor).of(provider, chainId);
    return token?.currency === amount.currency && tokenUnits(amount, token) !== undefined;
  }

  /** An invoice stays under the terms of its open slot, also in the next one, whatever the profile says by now. They were compared with it at the opening. */
  async #carried(provider: string, payable: Payable): Promise<AgreedTerms | undefined> {
    const state = payable.kind === 'invoice' ? (await this.#invoices.last(provider, payable))?.state : undefined;
    return state?.status === 'open' ? { hash: state.opened.termsHash, escrow: escrowTimesDefault } : undefined;
  }

  /** What the payer agrees to, and for how long the escrow holds by it; undefined for terms that nobody published. */
  async #terms(provider: string, hash: string): Promise<AgreedTerms | undefined> {
    if (hash === noTerms) return { hash, escrow: escrowTimesDefault };
    const published = await this.#executor.current(terms, termsStream(provider, hash), provider);
    if (published.status === 'none') return undefined;
    const { document } = published;
    const versions: NamedTerms['versions'] = [document, ...(await this.#replaced(provider, document))];
    if (document.escrow === undefined) return { hash, versions, escrow: escrowTimesDefault };
    const { captureAfterSeconds, reclaimAfterSeconds } = document.escrow;
    return {
      hash,
      versions,
      escrow: { captureAfterSeconds: BigInt(captureAfterSeconds), reclaimAfterSeconds: BigInt(reclaimAfterSeconds) },
    };
  }

  /** What the terms replaced: a bill may hold what was charged before. */
  async #replaced(provider: string, { offer, replaces }: TermsDocument): Promise<TermsDocument[]> {
    const versions: TermsDocument[] = [];
    for (let hash = replaces; hash !== undefined && versions.length < versionsMax;) {
      const earlier = await this.#executor.current(terms, termsStream(provider, hash), provider);
      if (earlier.status === 'none' || earlier.document.offer !== offer) break;
      versions.push(earlier.document);
      hash = earlier.document.replaces;
    }
    return versions;
  }

  /** The contract that takes the payment; undefined for one that the chain does not have. */
  async #placeOf(
    envelope: Envelope,
    payable: Payable,
    { chainId, contracts }: SettlementChain,
    escrow: EscrowTimes,
  ): Promise<Place | undefined> {
    if (payable.kind !== 'title' || !payable.held) return { module: 'settlement', chainId, contract: contracts.settlement };
    if (contracts.escrow === undefined) return undefined;
    const { provider } = envelope;
    const stream = ppvEventStream(provider, payable.title.id);
    const data = { slug: provider, title: payable.title.id, endsAt: payable.endsAt, ...escrow };
    const step = stepEnvelope(envelope, 'MapTitle', { title: data.title });
    await this.#executor.execute({ aggregate: mappedTitle, stream, envelope: step, decide: (state) => mapTitle(state, data) });
    const event = mappedEvent(await this.#executor.current(mappedTitle, stream, provider), data);
    if (event === undefined) throw new TypeError(`Title ${payable.title.id} has no event after it was given one.`);
    const { eventId, captureAfter, reclaimAfter } = event;
    return { module: 'escrow', chainId, contract: contracts.escrow, escrow: { eventId, captureAfter, reclaimAfter } };
  }

  async #purposeOf(envelope: Envelope, payable: Payable, place: Place): Promise<SlotPurpose | SlotRejection> {
    if (payable.kind === 'invoice') return this.#instalmentOf(envelope, payable, place);
    const order = createdIdOf(envelope.commandId, 'ord_');
    switch (payable.kind) {
      case 'title':
        return { kind: 'title', order, title: payable.title };
      case 'top-up':
        return { kind: 'top-up', order, bucket: payable.bucket };
      default:
        return { kind: payable.kind, order };
    }
  }

  /**
   * An invoice has one open slot at a time. Whoever asks for the same amount at the same place gets it; for another amount or place it is
   * given up or moved first, which only a chain that cannot bring back a quote allows. One in which nothing can land any more is given up as well.
   */
  async #instalmentOf(
    envelope: Envelope,
    payable: Payable & { readonly kind: 'invoice' },
    place: Place,
  ): Promise<SlotPurpose | SlotRejection> {
    const { provider } = envelope;
    const last = await this.#invoices.last(provider, payable);
    if (last === undefined) return instalmentOf(payable, 1);
    const { instalment, state } = last;
    if (state.status === 'none') return instalmentOf(payable, instalment);
    if (state.status === 'closed') return instalmentOf(payable, instalment + 1);
    const isKept = state.opened.amount === amountText(payable.amount) && (await this.#releases.closingOf(provider, state)) === undefined;
    const refusal = isKept ? await this.#move(envelope, state, place) : rejectionOf(await this.#releases.release(envelope, state));
    if (refusal !== undefined) return refusal;
    return instalmentOf(payable, isKept ? instalment : instalment + 1);
  }

  async #move(envelope: Envelope, state: OpenSlot, to: Place): Promise<SlotRejection | undefined> {
    if (state.place.chainId === to.chainId && state.place.contract === to.contract) return undefined;
    const { provider } = envelope;
    const evidence = await this.#releases.evidenceOf(provider, state);
    const outcome = await this.#executor.execute({
      ...{ aggregate: slot, stream: slotStream(provider, state.opened.seq) },
      envelope: stepEnvelope(envelope, 'MoveSlot', { seq: state.opened.seq, chainId: to.chainId, contract: to.contract }),
      decide: (current, now) => moveSlot(current, { to, evidence }, now),
    });
    return rejectionOf(outcome);
  }

  #open(envelope: Envelope, data: Omit<SlotOpened, 'salt' | 'invoiceRef'>): Promise<Outcome<never>> {
    const salt = `0x${randomSalt()}`;
    const invoiceRef = invoiceRefOf({ salt, invoiceId: referenceOf(data.purpose), termsHash: data.termsHash });
    return this.#executor.execute({
      ...{ aggregate: slot, stream: slotStream(envelope.provider, data.seq) },
      envelope: stepEnvelope(envelope, 'OpenSlot', { seq: data.seq }),
      decide: (state) => openSlot(state, { ...data, salt, invoiceRef }),
    });
  }
}

function amountOf({ amount }: Payable): Pick<SlotOpened, 'amount' | 'currency'> {
  return { amount: amountText(amount), currency: amount.currency };
}

function rejectionOf(outcome: Outcome<SlotRejection>): SlotRejection | undefined {
  if (outcome.kind === 'accepted') return undefined;
  const { rejection } = outcome;
  // A step has a key and a body of its own, so no other command can have come before it.
  if (rejection.code === 'idempotency_key_reused' || rejection.code === 'revision_mismatch')
    throw new Error(`A step was refused: ${rejection.code}.`);
  return rejection;
}

function refused(rejection: CheckoutRejection): { readonly seq: string; readonly outcome: Outcome<CheckoutRejection> } {
  return { seq: '', outcome: { kind: 'rejected', rejection } };
}
