import { instantOf, secondsAt } from './chain-time.ts';
import { accept, type Decision, reject, repeated } from '../../commands/domain/decision.ts';
import { amountText } from '../../money/money.ts';
import type { EffectOf } from './chain-effect.ts';
import type { HoldingAccounts } from './credit-holder.ts';
import { creditTurnOf, offerSeconds } from './credit-turn.ts';
import { deadlineOf, landingEndOf, mayStillLand, type OfferedRedemption, offersEndOf, type OpenSlot, type Slot } from './slot.ts';
import { redemptionLive, type SlotFinding, type SlotRejection } from './slot.decider.ts';
import type { RedemptionAsked, RedemptionOffered, SlotEvent, SlotEvidence } from './slot.events.ts';
import type { SettlementSubject } from './settlement.events.ts';
import { type KnownToken, tokenMoney } from './token-amount.ts';

/* Paying with prepaid credit: what the ledger offers to a holder, and what it makes of that which was spent. */

export type RedemptionRejection =
  | SlotRejection
  /** Credit pays invoices and titles; bought with credit, credit would never end. */
  | { readonly code: 'slot_not_redeemable'; readonly kind: string }
  /** It was kept for credit for an hour: other ways to pay have their turn. */
  | { readonly code: 'redemption_too_early'; readonly notBefore: string };

/** What is to be spent, by whom, and why no quote can land any more. */
export type OfferRedemptionData = Omit<RedemptionOffered, 'deadline' | 'evidence'> & {
  readonly reorgWindowSeconds: string;
  readonly evidence: SlotFinding;
};

/** Whoever comes back when less is left gets a new offer. */
const renewSeconds = 300n;
/** For as long offers may follow on each other. */
const turnSeconds = 3_600n;
/** And then none is made for as long: whoever looks each hour for what is to be collected finds the slot free, however long that takes. */
const restSeconds = 7_200n;

/**
 * Lets a holder pay the slot with credit, for a while. Not while a quote may still land, and only when the chain says that none did: the payment
 * belongs to the contract that the quote names. One holder at a time, and no quote meanwhile (`askForQuote`): a slot is paid in one way.
 * Whoever has the link can ask for an offer, so offers end: after an hour of them quotes come first (docs/decisions/0164).
 */
export function offerRedemption(state: Slot, data: OfferRedemptionData, now: string): Decision<SlotEvent, RedemptionRejection> {
  if (state.status === 'none') return reject({ code: 'slot_not_found' });
  if (state.status === 'closed') return reject({ code: 'slot_closed', reason: state.reason });
  const { opened, place, redemptions } = state;
  if (place.module !== 'settlement') return reject({ code: 'slot_elsewhere', chainId: place.chainId, contract: place.contract });
  if (!isRedeemable(state)) return reject({ code: 'slot_not_redeemable', kind: opened.purpose.kind });
  const seconds = secondsAt(now);
  const live = redemptionLive(state, now);
  const known = redemptions.findLast((each) => isSame(data, each));
  if (live !== undefined && known?.revision !== redemptions.at(-1)?.revision) return reject(live);
  const rest = restEndOf(redemptions, seconds);
  const left = rest === undefined ? renewSeconds : 0n;
  if (known !== undefined && seconds + left < BigInt(known.deadline ?? '0')) return repeated(known.revision);
  if (rest !== undefined) return reject({ code: 'redemption_too_early', notBefore: instantOf(rest) });
  const { evidence, ...offer } = data;
  if (evidence.kind === 'collecting') return reject({ code: 'slot_bound' });
  const bound = quoteLive(state, evidence, seconds);
  if (bound !== undefined) return reject(bound);
  const deadline = (seconds + offerSeconds).toString();
  const reason = evidence.kind === 'unquoted' ? {} : { evidence };
  return accept({ type: 'RedemptionOffered/1', data: { ...offer, deadline, ...reason } });
}

/** Until when quotes come first; undefined while an offer may be made. What is offered within a rest of what was before belongs to the same turn. */
function restEndOf(redemptions: readonly OfferedRedemption[], seconds: bigint): bigint | undefined {
  let [begun, end] = [0n, -restSeconds];
  for (const offer of redemptions) {
    if (offer.deadline === undefined) continue; // One of before there was an end stands in the way of nothing.
    const start = BigInt(offer.deadline) - offerSeconds;
    if (start >= end + restSeconds) begun = start;
    end = offersEndOf([offer]);
  }
  const free = end + restSeconds;
  return seconds < begun + turnSeconds || seconds >= free ? undefined : free;
}

/** What a holder wants to spend that has enough. */
export type AskRedemptionData = Omit<RedemptionAsked, 'quotesUntil'>;

/**
 * Writes down that a holder is kept out by quotes, so that these follow on each other for an hour more at most, and then wait until it had its chance.
 * Once for all holders while that is ahead: who comes later waits for the same. As an offer has its turn, quotes have theirs (docs/decisions/0182).
 */
export function askRedemption(state: Slot, data: AskRedemptionData, now: string): Decision<SlotEvent, RedemptionRejection> {
  if (state.status === 'none') return reject({ code: 'slot_not_found' });
  if (state.status === 'closed') return reject({ code: 'slot_closed', reason: state.reason });
  const { opened, place } = state;
  if (place.module !== 'settlement') return reject({ code: 'slot_elsewhere', chainId: place.chainId, contract: place.contract });
  if (!isRedeemable(state)) return reject({ code: 'slot_not_redeemable', kind: opened.purpose.kind });
  if (isAsked(state, now) || !mayStillLand(state, now)) return repeated(state.revision);
  const quotesUntil = secondsAt(now) + turnSeconds;
  return accept({ type: 'RedemptionAsked/1', data: { ...data, quotesUntil: quotesUntil.toString() } });
}

/** Whether credit comes next already. */
export function isAsked(state: OpenSlot, now: string): boolean {
  const turn = creditTurnOf(state);
  return turn !== undefined && secondsAt(now) < turn.end;
}

/** No quote can land once the slot is cancelled, nor once it is unpaid and later than every quote, on the chain or by our clock behind the window. */
function quoteLive({ quotes, place }: OpenSlot, evidence: SlotEvidence, seconds: bigint): SlotRejection | undefined {
  const here = quotes.filter(({ chainId, contract }) => chainId === place.chainId && contract === place.contract);
  if (here.length === 0 || evidence.kind === 'cancelled') return undefined;
  const until = landingEndOf(here);
  if (evidence.kind === 'unpaid') {
    const [block, last] = [secondsAt(evidence.block.time), here.map(({ terms }) => deadlineOf(terms))];
    if (seconds >= until || last.every((deadline) => block >= deadline)) return undefined;
  }
  return { code: 'slot_bound', until: instantOf(until) };
}

/**
 * Whose credit was spent, and on what: on the slot that was offered to this very holder for these units, or else on nothing. What comes late
 * pays the slot all the same, as long as nothing else was offered for it. What is spent on nothing goes to
 * the wallet of the holder's first account in its currency, so that nobody can close somebody else's slot with a unit of its own (A38), and
 * nothing is lost.
 */
export function matchRedemption(
  { chainId, contract, block, log }: EffectOf<'CreditRedeemed'>,
  { slot, holder, token }: { readonly slot: Slot; readonly holder: HoldingAccounts; readonly token: KnownToken | undefined },
): SettlementSubject {
  const [account] = holder.accounts;
  if (account === undefined) return { unmatched: 'holder_unknown' };
  if (token === undefined) return { unmatched: 'token_unknown' };
  const units = log.amount;
  const credit = { holder: log.holder, account, amount: amountText(tokenMoney(units, token)), currency: token.currency, units };
  if (slot.status === 'none') return { credit };
  const { opened, redemptions } = slot;
  const asked = { chainId, contract, holder: log.holder };
  const isPaid = redemptions.some(
    (offer) => isSame(offer, asked) && offer.units === units && offer.invoiceRef === log.invoiceRef && isInTime(slot, offer, block.time),
  );
  if (!isPaid) return { credit };
  return { credit: { ...credit, account: opened.account, slot: opened.seq, purpose: opened.purpose } };
}

/** Whether a payment was made with credit, by the id of its settlement. */
export function isRedemption(settlement: string): boolean {
  return settlement.split('.')[2] === 'redeem';
}

/** Whether credit pays what the slot is for. */
export function isRedeemable({ opened }: Exclude<Slot, { readonly status: 'none' }>): boolean {
  return opened.purpose.kind === 'invoice' || opened.purpose.kind === 'title';
}

/** An offer of before there was an end has none. */
function isInTime({ quotes, redemptions }: Exclude<Slot, { readonly status: 'none' }>, offer: OfferedRedemption, time: string): boolean {
  const { deadline, holder, revision } = offer;
  if (deadline === undefined || secondsAt(time) < BigInt(deadline)) return true;
  const others = [...quotes, ...redemptions.filter((each) => each.holder !== holder)];
  return others.every((other) => other.revision < revision);
}

type Place = Pick<RedemptionOffered, 'chainId' | 'contract' | 'holder'>;

function isSame(left: Place, right: Place): boolean {
  return left.chainId === right.chainId && left.contract === right.contract && left.holder === right.holder;
}
