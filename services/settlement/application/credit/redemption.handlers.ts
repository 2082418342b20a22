import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { Outcome } from '../../../commands/application/answer.ts';
import { CLOCK, type Clock } from '../../../commands/application/clock.ts';
import { CommandExecutor } from '../../../commands/application/command-executor.ts';
import type { Envelope } from '../../../commands/application/envelope.ts';
import { type Decision, reject } from '../../../commands/domain/decision.ts';
import { moneyOf } from '../../../money/money.ts';
import { epochOf } from '../../domain/credit-epoch.ts';
import { creditHolder } from '../../domain/credit-holder.ts';
import { spendableBy } from '../../domain/credit-holding.ts';
import type { DispatchRejection } from '../../domain/dispatch.decider.ts';
import { type AskRedemptionData, askRedemption, isAsked, offerRedemption, type RedemptionRejection } from '../../domain/redemption.ts';
import type { SlotFinding } from '../../domain/slot.decider.ts';
import type { RedemptionOffered, SlotEvent } from '../../domain/slot.events.ts';
import { mayStillLand, type OfferedRedemption, type Slot, slot } from '../../domain/slot.ts';
import { tokenUnits } from '../../domain/token-amount.ts';
import type { SubjectRejection } from '../checkout/checkout-subject.ts';
import { CreditHoldings } from './credit-holdings.ts';
import { CREDIT_DESK, type CreditDesk, type SignedRedemption } from './credit-desk.ts';
import { creditHolderStream } from './credit-streams.ts';
import { CreditTokens } from './credit-tokens.ts';
import { isOrdered, orderDispatch } from '../sending/dispatch-commands.ts';
import { DueSlots } from '../checkout/due-slots.ts';
import { PayableSubjects } from '../checkout/payable-subjects.ts';
import { reorgWindowSeconds, SETTLEMENT_CHAINS, type SettlementChains } from '../settlement-chains.ts';
import { slotStream } from '../settlement-streams.ts';
import { SlotReleases } from '../checkout/slot-releases.ts';
import { stepEnvelope } from '../step-envelope.ts';

export type OfferRejection =
  | RedemptionRejection
  | SubjectRejection
  | { readonly code: 'credit_not_available'; readonly chainId: string; readonly currency: string }
  | { readonly code: 'credit_holder_unknown'; readonly holder: string }
  /** In units of the token. */
  | { readonly code: 'credit_short'; readonly holder: string; readonly needed: string; readonly held: string };

/** A holder wants to pay a slot with prepaid credit. */
export class OfferRedemption extends Command<Outcome<OfferRejection>> {
  readonly envelope: Envelope;
  readonly seq: string;
  readonly holder: string;
  /** Called before a node is asked, for an offer that is good as well: it is prepared there again. May throw, and then none is asked. */
  readonly onCost: () => void;

  constructor(envelope: Envelope, seq: string, holder: string, onCost: () => void = () => undefined) {
    super();
    this.envelope = envelope;
    this.seq = seq;
    this.holder = holder;
    this.onCost = onCost;
  }
}

/**
 * Only an address that the ledger gave credit to for this very customer: nobody else's spending is a payment of the slot. And only where enough of
 * what it holds is this customer's: an offer keeps every other way to pay out, and who asks for it has proved nothing but that it knows the link.
 */
@CommandHandler(OfferRedemption)
export class OfferRedemptionHandler implements ICommandHandler<OfferRedemption> {
  readonly #executor: CommandExecutor;
  readonly #tokens: CreditTokens;
  readonly #holdings: CreditHoldings;
  readonly #due: DueSlots;
  readonly #releases: SlotReleases;
  readonly #chains: SettlementChains;
  readonly #desk: CreditDesk;
  readonly #clock: Clock;

  constructor(
    @Inject(CommandExecutor) executor: CommandExecutor,
    @Inject(PayableSubjects) subjects: PayableSubjects,
    @Inject(SlotReleases) releases: SlotReleases,
    @Inject(SETTLEMENT_CHAINS) chains: SettlementChains,
    @Inject(CREDIT_DESK) desk: CreditDesk,
    @Inject(CLOCK) clock: Clock,
  ) {
    this.#executor = executor;
    this.#tokens = new CreditTokens(executor);
    this.#holdings = new CreditHoldings(executor);
    this.#due = new DueSlots({ executor, subjects, releases });
    this.#releases = releases;
    this.#chains = chains;
    this.#desk = desk;
    this.#clock = clock;
  }

  async execute({ envelope, seq, holder, onCost }: OfferRedemption): Promise<Outcome<OfferRejection>> {
    const { provider } = envelope;
    const stream = slotStream(provider, seq);
    const state = await this.#executor.current(slot, stream, provider);
    if (state.status === 'none') return { kind: 'rejected', rejection: { code: 'slot_not_found' } };
    const { opened, place } = state;
    const now = this.#clock.now();
    const over = await this.#due.refused(envelope, state, now);
    if (over !== undefined) return over;
    const { amount, currency, account, invoiceRef } = opened;
    const { chainId } = place;
    const token = await this.#tokens.of(provider, chainId);
    const units = token?.currency === currency ? tokenUnits(moneyOf(amount, currency), token) : undefined;
    if (token === undefined || units === undefined) {
      return { kind: 'rejected', rejection: { code: 'credit_not_available', chainId, currency } };
    }
    const { accounts } = await this.#executor.current(creditHolder, creditHolderStream(provider, holder), provider);
    if (!accounts.includes(account)) return { kind: 'rejected', rejection: { code: 'credit_holder_unknown', holder } };
    const chain = this.#chains.find(chainId);
    if (chain === undefined) return { kind: 'rejected', rejection: { code: 'credit_not_available', chainId, currency } };
    const offer = {
      ...{ seq, chainId, contract: token.address, holder, units: units.toString(), invoiceRef },
      reorgWindowSeconds: reorgWindowSeconds(chain).toString(),
      evidence: await this.#evidenceOf(provider, state, { now, onCost }),
    };
    const isKeptOut =
      state.status === 'open' && mayStillLand(state, now) && !isAsked(state, now) && isBound(offerRedemption(state, offer, now));
    if (isKeptOut) onCost();
    const isNew = offerRedemption(state, offer, now).kind === 'accepted';
    const held = isNew || isKeptOut ? await this.#held(provider, account, offer, now) : units;
    if (isKeptOut && held >= units) await this.#ask(envelope, { seq, chainId, contract: token.address, holder, units: units.toString() });
    const short = { code: 'credit_short', holder, needed: units.toString(), held: held.toString() } as const;
    return this.#executor.execute({
      ...{ aggregate: slot, stream, envelope },
      decide: (current, at): Decision<SlotEvent, OfferRejection> => (held < units ? reject(short) : offerRedemption(current, offer, at)),
    });
  }

  /** Credit comes next, where quotes go on and on. */
  async #ask(envelope: Envelope, data: AskRedemptionData): Promise<void> {
    const step = stepEnvelope(envelope, 'AskRedemption', { seq: data.seq, holder: data.holder }, 'redemption');
    await this.#executor.execute({
      ...{ aggregate: slot, stream: slotStream(envelope.provider, data.seq), envelope: step },
      decide: (current, at) => askRedemption(current, data, at),
    });
  }

  /** What the account has itself of what lies under the address, and the holder has still. */
  async #held(
    provider: string,
    account: string,
    offer: Pick<RedemptionOffered, 'chainId' | 'contract' | 'holder'>,
    now: string,
  ): Promise<bigint> {
    const own = spendableBy(await this.#holdings.at(provider, offer), account, epochOf(now));
    const held = own === 0n ? 0n : await this.#desk.held(offer);
    return own < held ? own : held;
  }

  /** No chain is asked while a quote may land by our own clock: nothing that it says would let the offer be made. */
  async #evidenceOf(
    provider: string,
    state: Slot,
    { now, onCost }: { readonly now: string; readonly onCost: () => void },
  ): Promise<SlotFinding> {
    if (state.status !== 'open' || mayStillLand(state, now)) return { kind: 'unquoted' };
    onCost();
    return this.#releases.evidenceOf(provider, state);
  }
}

/** Quotes keep it out, and nothing else. */
function isBound(decision: Decision<SlotEvent, OfferRejection>): boolean {
  return decision.kind === 'rejected' && decision.rejection.code === 'slot_bound';
}

export type RelayRedemptionRejection =
  DispatchRejection | { readonly code: 'payment_refused'; readonly refusal: string; readonly text: string };

/** A holder has signed what it spends; we bring it to the contract. */
export class RelayRedemption extends Command<Outcome<RelayRedemptionRejection>> {
  readonly envelope: Envelope;
  readonly offer: OfferedRedemption;
  readonly providerId: string;
  readonly signed: SignedRedemption;

  constructor(envelope: Envelope, of: { readonly offer: OfferedRedemption; readonly providerId: string }, signed: SignedRedemption) {
    super();
    this.envelope = envelope;
    this.offer = of.offer;
    this.providerId = of.providerId;
    this.signed = signed;
  }
}

/**
 * Tried out first: what the contract would refuse costs nobody anything. But what is ordered already is answered by that: once it is spent, the
 * contract refuses it for ever.
 */
@CommandHandler(RelayRedemption)
export class RelayRedemptionHandler implements ICommandHandler<RelayRedemption> {
  readonly #executor: CommandExecutor;
  readonly #desk: CreditDesk;

  constructor(@Inject(CommandExecutor) executor: CommandExecutor, @Inject(CREDIT_DESK) desk: CreditDesk) {
    this.#executor = executor;
    this.#desk = desk;
  }

  async execute({ envelope, offer, providerId, signed }: RelayRedemption): Promise<Outcome<RelayRedemptionRejection>> {
    const { chainId, contract, seq, holder, units, invoiceRef } = offer;
    const event = {
      type: 'RedemptionOrdered/1',
      data: { chainId, contract, providerId, slot: seq, holder, units, invoiceRef, ...signed },
    } as const;
    const isKnown = await isOrdered(this.#executor, envelope.provider, event);
    const refusal = isKnown ? undefined : await this.#desk.refusalOf(offer, signed);
    if (refusal !== undefined)
      return { kind: 'rejected', rejection: { code: 'payment_refused', refusal: refusal.code, text: refusal.text } };
    return orderDispatch(this.#executor, envelope, event);
  }
}
