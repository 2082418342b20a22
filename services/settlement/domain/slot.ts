import { secondsAt } from './chain-time.ts';
import type { Aggregate, Placed } from '../../commands/domain/aggregate.ts';
import { type Quote, type SignedTerms, zeroAddress } from './quote.ts';
import {
  type CreditRefundDecided,
  type CreditRefundFailed,
  type QuoteIssued,
  type RedemptionAsked,
  type RedemptionOffered,
  type SlotEvent,
  slotEvents,
  type SlotEscrow,
  type SlotOpened,
} from './slot.events.ts';

/** A quote that the ledger signed, with the revision of the event that says so. */
export interface IssuedQuote extends QuoteIssued {
  readonly revision: bigint;
}

/** With the revision of the event that says so. */
export interface OfferedRedemption extends RedemptionOffered {
  readonly revision: bigint;
}

/** With the revision of the event that says so. */
export interface AskedRedemption extends RedemptionAsked {
  readonly revision: bigint;
}

export interface DecidedCreditRefund extends CreditRefundDecided {
  readonly revision: bigint;
  /** The revision that says that nothing came of it, with the reason; absent while it may be done, or is. */
  readonly failed?: { readonly revision: bigint; readonly failure: string };
}

interface KnownSlot {
  readonly opened: SlotOpened;
  /** Where it is paid now; differs from where it was opened after a move. */
  readonly place: Pick<SlotOpened, 'module' | 'chainId' | 'contract'> & { readonly escrow?: SlotEscrow };
  /** Every quote ever issued, the oldest first: any of them may have been paid. */
  readonly quotes: readonly IssuedQuote[];
  /** Contracts where the slot was cancelled, or taken: it can never be paid there again. */
  readonly burnt: readonly Pick<SlotOpened, 'chainId' | 'contract'>[];
  /** Who may pay it with prepaid credit. */
  readonly redemptions: readonly OfferedRedemption[];
  /** Who wanted to, last, while quotes bound it; absent where nobody did. */
  readonly asked?: AskedRedemption;
  /** What of the credit that was bought in it is taken back, or should have been. */
  readonly creditRefunds: readonly DecidedCreditRefund[];
  /** Of the last event. */
  readonly revision: bigint;
}

export type OpenSlot = KnownSlot & { readonly status: 'open' };
export type ClosedSlot = KnownSlot & { readonly status: 'closed'; readonly reason: 'settled' | 'released' };
export type Slot = { readonly status: 'none' } | OpenSlot | ClosedSlot;

export const slot: Aggregate<Slot, SlotEvent> = { initial: { status: 'none' }, evolve, events: slotEvents };

function evolve(state: Slot, { event, revision }: Placed<SlotEvent>): Slot {
  if (event.type === 'SlotOpened/1') {
    const { module, chainId, contract, escrow } = event.data;
    const place = { module, chainId, contract, ...(escrow !== undefined && { escrow }) };
    return { status: 'open', opened: event.data, place, quotes: [], burnt: [], redemptions: [], creditRefunds: [], revision };
  }
  if (state.status === 'none') return state; // Nothing can precede the opening; `evolve` takes it all the same.
  switch (event.type) {
    case 'QuoteIssued/1':
      return { ...state, quotes: [...state.quotes, { ...event.data, revision }], revision };
    case 'SlotMoved/1': {
      const { module, chainId, contract, escrow, evidence } = event.data;
      const burnt = evidence.kind === 'cancelled' || evidence.kind === 'taken' ? [...state.burnt, state.place] : state.burnt;
      return { ...state, place: { module, chainId, contract, ...(escrow !== undefined && { escrow }) }, burnt, revision };
    }
    case 'SlotClosed/1':
      return { ...state, status: 'closed', reason: event.data.reason, revision };
    case 'RedemptionOffered/1':
      return { ...state, redemptions: [...state.redemptions, { ...event.data, revision }], revision };
    case 'RedemptionAsked/1':
      return { ...state, asked: { ...event.data, revision }, revision };
    case 'CreditRefundDecided/1':
      return { ...state, creditRefunds: [...state.creditRefunds, { ...event.data, revision }], revision };
    case 'CreditRefundFailed/1':
      return { ...state, creditRefunds: state.creditRefunds.map((each) => failedBy(event.data, each, revision)), revision };
  }
}

function failedBy({ refund, failure }: CreditRefundFailed, decided: DecidedCreditRefund, revision: bigint): DecidedCreditRefund {
  return decided.refund === refund ? { ...decided, failed: { revision, failure } } : decided;
}

/** What a payment on chain says of itself, as far as a quote has to agree with it. */
export type PaymentFacts =
  | ({ readonly module: 'settlement' } & Pick<
      Quote,
      'providerId' | 'seq' | 'invoiceRef' | 'kind' | 'payer' | 'token' | 'amount' | 'currency' | 'fiatMinor'
    >)
  | ({ readonly module: 'escrow' } & Readonly<Record<'providerId' | 'eventId' | 'seq' | 'payer' | 'token' | 'amount' | 'ref', string>>);

/**
 * The quote that a payment at (chain, contract) was made under: field by field, or undefined when the ledger never signed one like it. Then a
 * key was stolen, and what was paid is nobody's credit. Two quotes that agree in all of it differ in their times alone; the younger is meant.
 */
export function matchingQuote(state: Slot, payment: PaymentFacts & Pick<QuoteIssued, 'chainId' | 'contract'>): IssuedQuote | undefined {
  if (state.status === 'none') return undefined;
  return state.quotes.findLast(
    ({ chainId, contract, terms }) => chainId === payment.chainId && contract === payment.contract && agrees(terms, payment),
  );
}

function agrees(terms: SignedTerms, payment: PaymentFacts): boolean {
  if (terms.module === 'settlement' && payment.module === 'settlement') {
    const { quote } = terms;
    const fields = ['providerId', 'seq', 'invoiceRef', 'kind', 'token', 'amount', 'currency', 'fiatMinor'] as const;
    return isFor(quote.payer, payment.payer) && fields.every((field) => quote[field] === payment[field]);
  }
  if (terms.module === 'escrow' && payment.module === 'escrow') {
    const { offer } = terms;
    const fields = ['providerId', 'eventId', 'seq', 'ref', 'token', 'amount'] as const;
    return isFor(offer.payer, payment.payer) && fields.every((field) => offer[field] === payment[field]);
  }
  return false;
}

function isFor(payer: string, actual: string): boolean {
  return payer === zeroAddress || payer === actual;
}

export function deadlineOf(terms: SignedTerms): bigint {
  return BigInt(terms.module === 'settlement' ? terms.quote.deadline : terms.offer.deadline);
}

/** When prepaid credit that was offered to be taken can come no more: 0 where none was, and for offers that have no end. */
export function offersEndOf(redemptions: readonly OfferedRedemption[]): bigint {
  return redemptions.reduce((latest, { deadline = '0', reorgWindowSeconds = '0' }) => {
    const end = BigInt(deadline) + BigInt(reorgWindowSeconds);
    return end > latest ? end : latest;
  }, 0n);
}

/** Whether a block may still bring a payment of the slot by our own clock, or take one back. */
export function mayStillLand({ quotes }: OpenSlot, now: string): boolean {
  return secondsAt(now) < landingEndOf(quotes);
}

/** When the last quote is over, and the blocks behind it that may still be replaced: seconds since 1970. */
export function landingEndOf(quotes: readonly IssuedQuote[]): bigint {
  return quotes.reduce((latest, { terms, reorgWindowSeconds }) => {
    const end = deadlineOf(terms) + BigInt(reorgWindowSeconds);
    return end > latest ? end : latest;
  }, 0n);
}

export function tokenOf(terms: SignedTerms): string {
  return terms.module === 'settlement' ? terms.quote.token : terms.offer.token;
}

export function unitsOf(terms: SignedTerms): bigint {
  return BigInt(terms.module === 'settlement' ? terms.quote.amount : terms.offer.amount);
}

export function payerOf(terms: SignedTerms): string {
  return terms.module === 'settlement' ? terms.quote.payer : terms.offer.payer;
}
