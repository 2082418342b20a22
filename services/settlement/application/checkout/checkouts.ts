import type { Clock } from '../../../commands/application/clock.ts';
import type { CommandExecutor } from '../../../commands/application/command-executor.ts';
import { collectionDispatchId, redemptionDispatchId, relayDispatchId } from '../../domain/dispatch.events.ts';
import { dispatch } from '../../domain/dispatch.ts';
import { isRedeemable } from '../../domain/redemption.ts';
import { settlementProvider } from '../../domain/settlement-provider.ts';
import { deadlineOf, type IssuedQuote, type OfferedRedemption, slot, type Slot, tokenOf } from '../../domain/slot.ts';
import type { KnownToken } from '../../domain/token-amount.ts';
import type { ChainDelays } from '../watching/chain-delays.ts';
import type { CheckoutLinks, CheckoutSlot } from './checkout-link.ts';
import { blocksNeededOf, checkoutState, type CheckoutView, liveQuotes, type RelayedPayment } from './checkout-view.ts';
import type { SubjectRejection } from './checkout-subject.ts';
import { CreditTokens } from '../credit/credit-tokens.ts';
import type { PayableSubjects } from './payable-subjects.ts';
import type { PayerDesk, SentTransaction } from './payer-desk.ts';
import { dispatchStream } from '../sending/sending-streams.ts';
import type { SettlementChains } from '../settlement-chains.ts';
import { settlementProviderStream, slotStream } from '../settlement-streams.ts';
import type { SlotPayment, SlotPayments } from './slot-payments.ts';
import type { NamedTransaction, TransactionLookups } from './transaction-lookups.ts';

export interface CheckoutsOptions {
  readonly executor: CommandExecutor;
  readonly links: CheckoutLinks;
  readonly payments: SlotPayments;
  readonly desk: Pick<PayerDesk, 'head'>;
  readonly lookups: TransactionLookups;
  readonly subjects: PayableSubjects;
  readonly chains: SettlementChains;
  readonly delays: Pick<ChainDelays, 'isDelayed'>;
  readonly clock: Clock;
}

type KnownSlot = Exclude<Slot, { readonly status: 'none' }>;

/** Checkouts as their payers see them, put together from the slot, the books and the chain at each look. */
export class Checkouts {
  readonly #options: CheckoutsOptions;
  readonly #credits: CreditTokens;

  constructor(options: CheckoutsOptions) {
    this.#options = options;
    this.#credits = new CreditTokens(options.executor);
  }

  /** The slot behind a checkout's id; undefined for an id that nobody was given. */
  slotOf(id: string): CheckoutSlot | undefined {
    return this.#options.links.slotOf(id);
  }

  idOf(slotOf: CheckoutSlot): string {
    return this.#options.links.idOf(slotOf);
  }

  /** Undefined where there is nothing. Throws `TooManyAsksFault` and chain faults where the named transaction cannot be asked after. */
  async view(at: CheckoutSlot, named?: NamedTransaction): Promise<CheckoutView | undefined> {
    const { executor, chains, clock } = this.#options;
    const state = await this.#slot(at);
    if (state === undefined) return undefined;
    const provider = await executor.current(settlementProvider, settlementProviderStream(at.provider), at.provider);
    if (provider.status === 'none' || provider.profile === undefined) return undefined;
    const payment = await this.#payment(at.provider, state);
    const isCancelled = (await this.#options.payments.cancellationAt(at.provider, { ...state.place, seq: state.opened.seq })) !== undefined;
    const sent = await this.#sent(at, { state, payment, named });
    const relay = payment === undefined ? await this.#relay(at.provider, state) : undefined;
    const now = clock.now();
    const over = payment === undefined ? await this.#over(at.provider, state, now) : undefined;
    return {
      ...{ slot: state, profile: provider.profile, payment, sent, relay, over },
      state: checkoutState({ slot: state, payment, isCancelled, sent, relay, over, now }),
      quotes: state.status === 'open' && !isCancelled && over === undefined ? liveQuotes(state, now) : [],
      credit: isCancelled || over !== undefined ? undefined : await this.#credit(at.provider, state),
      depth: await this.#depthOf(payment),
      isDelayed: isUnderWay(payment) && (await this.#options.delays.isDelayed(payment.chainId)),
      blocksNeeded: blocksNeededOf(state, chains.find(state.place.chainId)?.profile.confirmations ?? []),
    };
  }

  /** Whose payment it is, and where; not for the payer's eyes. */
  async owner(at: CheckoutSlot): Promise<Pick<KnownSlot, 'opened' | 'place'> | undefined> {
    return this.#slot(at);
  }

  /** The good quote of a token; undefined when there is none, and when nothing is due any more. */
  async quote(at: CheckoutSlot, token: string): Promise<IssuedQuote | undefined> {
    const state = await this.#slot(at);
    if (state?.status !== 'open' || this.#options.chains.find(state.place.chainId) === undefined) return undefined;
    const now = this.#options.clock.now();
    if ((await this.#over(at.provider, state, now)) !== undefined) return undefined;
    return liveQuotes(state, now).find(({ terms }) => tokenOf(terms) === token);
  }

  /** What was offered to a holder last; undefined when nothing was. */
  async redemption(
    at: CheckoutSlot,
    holder: string,
  ): Promise<{ readonly offer: OfferedRedemption; readonly providerId: string } | undefined> {
    const state = await this.#slot(at);
    const offer = state?.redemptions.findLast((each) => each.holder === holder);
    if (state === undefined || offer === undefined || this.#options.chains.find(offer.chainId) === undefined) return undefined;
    return { offer, providerId: state.opened.providerId };
  }

  async #over(provider: string, state: KnownSlot, now: string): Promise<SubjectRejection | undefined> {
    if (state.status === 'closed' && state.reason === 'settled') return undefined;
    return this.#options.subjects.refusalOf(provider, state.opened, now);
  }

  async #slot({ provider, seq }: CheckoutSlot): Promise<KnownSlot | undefined> {
    const state = await this.#options.executor.current(slot, slotStream(provider, seq), provider);
    return state.status === 'none' ? undefined : state;
  }

  /** At the contract that it is bound to, else at any that it was ever quoted for, else with the credit that was offered to be taken. */
  async #payment(provider: string, { opened, place, quotes, redemptions }: KnownSlot): Promise<SlotPayment | undefined> {
    const { seq } = opened;
    const places = new Map([place, ...quotes].map(({ chainId, contract }) => [`${chainId} ${contract}`, { chainId, contract, seq }]));
    for (const each of places.values()) {
      const payment = await this.#options.payments.at(provider, each);
      if (payment !== undefined) return payment;
    }
    for (const { chainId, contract, holder } of redemptions) {
      const payment = await this.#options.payments.at(provider, { chainId, contract, seq, holder });
      if (payment !== undefined) return payment;
    }
    return undefined;
  }

  /** The provider's credit in the currency of the slot, where that is the contract's to pay and for something that credit pays. */
  async #credit(provider: string, state: KnownSlot): Promise<KnownToken | undefined> {
    if (state.status !== 'open' || state.place.module !== 'settlement' || !isRedeemable(state)) return undefined;
    const token = await this.#credits.of(provider, state.place.chainId);
    return token?.currency === state.opened.currency ? token : undefined;
  }

  /** Of the price of each token that was held last, since older ones cannot be paid any more, of credit that was offered to be taken, and of a mandate. */
  async #relay(provider: string, { opened, quotes, redemptions }: KnownSlot): Promise<RelayedPayment | undefined> {
    let relay: RelayedPayment | undefined;
    const ends = new Map(quotes.map(({ terms }) => [tokenOf(terms), deadlineOf(terms)]));
    const newest = quotes.filter(({ terms }) => deadlineOf(terms) === ends.get(tokenOf(terms)));
    const ids = [
      ...newest.map(({ structHash }) => relayDispatchId(structHash)),
      ...redemptions.map(({ holder }) => redemptionDispatchId(opened.seq, holder)),
      collectionDispatchId(opened.seq),
    ];
    for (const id of ids) {
      const state = await this.#options.executor.current(dispatch, dispatchStream(provider, id), provider);
      if (state.status === 'sending') return { status: 'sending' };
      if (state.status === 'done') return { status: 'done', tx: state.done.tx };
      if (state.status === 'failed') relay = { status: 'failed', failure: state.failure };
    }
    return relay;
  }

  /** The chain is not asked for what the books know better, nor where it is configured no more. */
  async #sent(
    at: CheckoutSlot,
    {
      state,
      payment,
      named,
    }: { readonly state: KnownSlot; readonly payment: SlotPayment | undefined; readonly named?: NamedTransaction | undefined },
  ): Promise<SentTransaction | undefined> {
    const { chainId } = state.place;
    const isKnown = payment !== undefined && payment.standing !== 'reorged';
    if (named === undefined || isKnown || this.#options.chains.find(chainId) === undefined) return undefined;
    return this.#options.lookups.of(at, chainId, named);
  }

  /** Not at all when the chain cannot be asked: what the books know is told all the same. */
  async #depthOf(payment: SlotPayment | undefined): Promise<bigint | undefined> {
    if (!isUnderWay(payment)) return undefined;
    const head = await this.#options.desk.head(payment.chainId).catch(() => undefined);
    const depth = head === undefined ? undefined : head - BigInt(payment.block.number) + 1n;
    return depth === undefined || depth < 1n ? undefined : depth;
  }
}

/** Is it in a block, and not final? */
function isUnderWay(payment: SlotPayment | undefined): payment is SlotPayment {
  return payment !== undefined && ['observed', 'confirmed'].includes(payment.standing);
}
