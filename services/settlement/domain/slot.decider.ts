import { instantOf, secondsAt } from './chain-time.ts';
import { accept, type Decision, reject, repeated } from '../../commands/domain/decision.ts';
import { creditTurnOf } from './credit-turn.ts';
import { behindSecondsMax, forAnybody } from './draft-quote.ts';
import { type SignedTerms, structHashOf, zeroAddress } from './quote.ts';
import { checkRate, type RateRejection, type RateValidity } from './rate.ts';
import { payerOf, tokenOf, deadlineOf, type IssuedQuote, offersEndOf, type OpenSlot, type Slot } from './slot.ts';
import type { QuoteIssued, SlotEscrow, SlotEvent, SlotEvidence, SlotMoved, SlotOpened } from './slot.events.ts';

export type SlotRejection =
  | { readonly code: 'slot_not_found' }
  | { readonly code: 'slot_closed'; readonly reason: 'settled' | 'released' }
  | { readonly code: 'slot_elsewhere'; readonly chainId: string; readonly contract: string }
  | { readonly code: 'slot_cancelled'; readonly chainId: string; readonly contract: string }
  /** Absent is when it ends where a collection is on its way: that has no deadline on chain, and ends when it is final or has come to nothing. */
  | { readonly code: 'slot_bound'; readonly until?: string }
  /** Another price is held since this one was made, or too little is left of it for a collection. */
  | { readonly code: 'quote_live'; readonly until: string }
  /** Prepaid credit was offered to be taken, and may still come. */
  | { readonly code: 'redemption_live'; readonly until: string }
  | { readonly code: 'quote_too_early'; readonly notBefore: string }
  /** A holder of prepaid credit has waited for an hour while quotes followed on each other, and has its turn. */
  | { readonly code: 'credit_next'; readonly notBefore: string }
  | RateRejection;

/** The first event of a slot. The register named its seq for this purpose alone, so whoever comes second finds what it wanted. */
export function openSlot(state: Slot, opened: SlotOpened): Decision<SlotEvent, never> {
  return state.status === 'none' ? accept({ type: 'SlotOpened/1', data: opened }) : repeated(0n);
}

/** A quote, and how long the rate in it is good; absent where it is the price that another payer holds. */
export interface IssueQuoteData {
  readonly quote: QuoteIssued;
  readonly validity?: RateValidity;
}

/** Rejections in order of precedence; the test has one row a line. */
export function issueQuote(state: Slot, { quote, validity }: IssueQuoteData, now: string): Decision<SlotEvent, SlotRejection> {
  const { terms, chainId, contract } = quote;
  const asked = askForQuote(state, { chainId, contract, token: tokenOf(terms), payer: payerOf(terms) }, now);
  if (asked.kind !== 'free') return asked;
  const { held, after } = asked;
  if (held !== undefined) {
    const isHeld = structHashOf(terms) === structHashOf(forAnybody(held.terms));
    return isHeld ? accept({ type: 'QuoteIssued/1', data: quote }) : reject(liveUntil(held.terms));
  }
  const isBehind = after === undefined || terms.module === 'escrow' || BigInt(terms.quote.validAfter) >= after - 1n;
  if (validity === undefined || !isBehind) return reject(liveUntil(terms));
  const refused = checkRate(quote.rate, validity, now);
  return refused === undefined ? accept({ type: 'QuoteIssued/1', data: quote }) : reject(refused);
}

export interface QuoteRequest {
  readonly chainId: string;
  readonly contract: string;
  readonly token: string;
  readonly payer: string;
  /** How much has to be left of a price that is held, of one that is as long; of a shorter one half of it. Absent: any time at all. */
  readonly secondsMin?: bigint;
}

/** A quote may be signed: at the price that is held for whoever pays, or else at one of now. */
export interface QuoteFree {
  readonly kind: 'free';
  /** It is good, and for somebody else: what is signed is the same for anybody. */
  readonly held?: IssuedQuote;
  /** When the last one in the token ended, in seconds since 1970: the next begins there, by the time of the chain. */
  readonly after?: bigint;
}

/**
 * Whether a new quote may be signed, before anything is. There is one price at a time for a (slot, token): else the payer could keep the better
 * of two. While one is good everybody is quoted that one, so that nobody keeps it from others; in no block are two of them good (docs/decisions/0175).
 */
export function askForQuote(
  state: Slot,
  { chainId, contract, token, payer, secondsMin = 0n }: QuoteRequest,
  now: string,
): QuoteFree | Exclude<Decision<never, SlotRejection>, { readonly kind: 'accepted' }> {
  if (state.status === 'none') return refusal({ code: 'slot_not_found' });
  if (state.status === 'closed') return refusal({ code: 'slot_closed', reason: state.reason });
  const { place } = state;
  if (place.chainId !== chainId || place.contract !== contract) {
    return refusal({ code: 'slot_elsewhere', chainId: place.chainId, contract: place.contract });
  }
  const offered = redemptionLive(state, now);
  if (offered !== undefined) return refusal(offered);
  const quotes = state.quotes.filter(({ terms, ...at }) => tokenOf(terms) === token && isAt(at, place));
  const last = quotes.at(-1);
  const nowSeconds = secondsAt(now);
  const deadline = last === undefined ? 0n : deadlineOf(last.terms);
  if (last !== undefined && nowSeconds < deadline) {
    if (deadline - nowSeconds < leastOf(last.terms, secondsMin)) return refusal(liveUntil(last.terms));
    const good = quotes.findLast(({ terms }) => deadlineOf(terms) === deadline && [zeroAddress, payer].includes(payerOf(terms)));
    return good === undefined ? { kind: 'free', held: last } : { kind: 'repeated', revision: good.revision };
  }
  const waiting = creditNext(state, nowSeconds);
  if (waiting !== undefined) return refusal(waiting);
  if (last === undefined) return { kind: 'free' };
  // An offer has no beginning. The clock of the chain is past the last one's end before the next is signed.
  const freeAt = place.module === 'escrow' ? deadline + behindSecondsMax : deadline;
  return nowSeconds < freeAt
    ? refusal({ code: 'quote_too_early', notBefore: instantOf(freeAt) })
    : { kind: 'free', ...(place.module === 'settlement' && { after: deadline }) };
}

/** Quotes have followed on each other for as long as they may since a holder of credit asked: none is signed until credit had its chance. */
function creditNext(state: OpenSlot, seconds: bigint): SlotRejection | undefined {
  const turn = state.place.module === 'settlement' ? creditTurnOf(state) : undefined;
  if (turn === undefined || seconds < turn.quotesUntil || seconds >= turn.end) return undefined;
  return { code: 'credit_next', notBefore: instantOf(turn.end) };
}

/** What is known of payments that may still land: evidence, or that a collection was ordered of which nobody knows yet what comes of it. */
export type SlotFinding = SlotEvidence | { readonly kind: 'collecting' };

export interface MoveSlotData {
  readonly to: Pick<SlotMoved, 'module' | 'chainId' | 'contract'> & { readonly escrow?: SlotEscrow };
  readonly evidence: SlotFinding;
}

/** Binds the slot to another (chain, contract). */
export function moveSlot(state: Slot, { to, evidence }: MoveSlotData, now: string): Decision<SlotEvent, SlotRejection> {
  if (state.status === 'none') return reject({ code: 'slot_not_found' });
  if (state.status === 'closed') return reject({ code: 'slot_closed', reason: state.reason });
  if (isAt(to, state.place)) return repeated(state.revision);
  if (state.burnt.some((place) => isAt(to, place))) return reject({ code: 'slot_cancelled', chainId: to.chainId, contract: to.contract });
  const offered = redemptionLive(state, now);
  if (offered !== undefined) return reject(offered);
  if (evidence.kind === 'collecting') return reject({ code: 'slot_bound' });
  const bound = boundUntil(state, evidence);
  if (bound !== undefined) return reject({ code: 'slot_bound', until: bound });
  return accept({ type: 'SlotMoved/1', data: { seq: state.opened.seq, ...to, evidence } });
}

/** What the slot was for may be paid in another way from here on: by card, from the wallet, or in a slot of another amount. */
export function releaseSlot(state: Slot, evidence: SlotFinding, now: string): Decision<SlotEvent, SlotRejection> {
  if (state.status === 'none') return reject({ code: 'slot_not_found' });
  if (state.status === 'closed') {
    return state.reason === 'released' ? repeated(state.revision) : reject({ code: 'slot_closed', reason: state.reason });
  }
  const offered = redemptionLive(state, now);
  if (offered !== undefined) return reject(offered);
  if (evidence.kind === 'collecting') return reject({ code: 'slot_bound' });
  const bound = boundUntil(state, evidence);
  if (bound !== undefined) return reject({ code: 'slot_bound', until: bound });
  return accept({ type: 'SlotClosed/1', data: { seq: state.opened.seq, reason: 'released', evidence } });
}

/** A payment of the slot is final. It closes a slot that was given up, too: then the payment is a second one, and all the same true. */
export function settleSlot(state: Slot): Decision<SlotEvent, SlotRejection> {
  if (state.status === 'none') return reject({ code: 'slot_not_found' });
  if (state.status === 'closed' && state.reason === 'settled') return repeated(state.revision);
  return accept({ type: 'SlotClosed/1', data: { seq: state.opened.seq, reason: 'settled' } });
}

/** Whether it may still be paid with prepaid credit, by our own clock. */
export function redemptionLive({ redemptions }: OpenSlot, now: string): SlotRejection | undefined {
  const until = offersEndOf(redemptions);
  return secondsAt(now) < until ? { code: 'redemption_live', until: instantOf(until) } : undefined;
}

/** Until when the slot cannot leave its contract, or undefined when the evidence says that nothing can land there any more. */
function boundUntil({ quotes, place }: OpenSlot, evidence: SlotEvidence): string | undefined {
  const here = quotes.filter((quote) => isAt(quote, place));
  if (here.length === 0 || evidence.kind === 'cancelled' || evidence.kind === 'taken') return undefined;
  const last = latestDeadline(here);
  const isPast = evidence.kind === 'unpaid' && BigInt(Math.floor(Date.parse(evidence.block.time) / 1000)) >= last;
  return isPast ? undefined : instantOf(last);
}

/** No more than half of its life, so that there is always a time at which it is given. */
function leastOf(terms: SignedTerms, secondsMin: bigint): bigint {
  if (terms.module === 'escrow') return secondsMin;
  const half = (deadlineOf(terms) - BigInt(terms.quote.validAfter)) / 2n;
  return half < secondsMin ? half : secondsMin;
}

function latestDeadline(quotes: readonly IssuedQuote[]): bigint {
  return quotes.reduce((latest, { terms }) => (deadlineOf(terms) > latest ? deadlineOf(terms) : latest), 0n);
}

function liveUntil(terms: SignedTerms): SlotRejection {
  return { code: 'quote_live', until: instantOf(deadlineOf(terms)) };
}

type Place = Pick<SlotOpened, 'chainId' | 'contract'>;

function isAt(left: Place, right: Place): boolean {
  return left.chainId === right.chainId && left.contract === right.contract;
}

function refusal(rejection: SlotRejection): { readonly kind: 'rejected'; readonly rejection: SlotRejection } {
  return { kind: 'rejected', rejection };
}
