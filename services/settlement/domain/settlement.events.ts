import type { CryptoHolding } from '../../accounts/domain/chart.ts';
import { EventTypes } from '../../event-store/domain/event-types.ts';
import type { Posting } from '../../money/posting.ts';
import type { ChainBlock, ChainEffect, ChainLog, ChainModule, EffectKind } from './chain-effect.ts';
import type { RateLock, SlotPurpose } from './slot.events.ts';

/*
 * Facts of one business effect on chain, stream `<slug>.settlement-<chainId>.<contract>.<effect>.<key>`: seen, deep enough to count on,
 * there for good; or gone again, and then perhaps seen anew. What moves money holds its postings. Amounts in a currency are canonical
 * decimals in major units, units of a token are decimal text.
 */

/** Where the log of the effect stands. */
export type SettlementPlace = {
  readonly chainId: string;
  readonly contract: string;
  readonly module: ChainModule;
  readonly effect: EffectKind;
  readonly key: string;
  readonly block: ChainBlock;
  readonly tx: string;
  readonly logIndex: string;
};

/** A payment that the ledger asked for, and for what. */
export type MatchedPayment = {
  /** Settlement slot. */
  readonly slot: string;
  readonly account: string;
  readonly purpose: SlotPurpose;
  /** What it counts for, in the currency of the account. */
  readonly amount: string;
  readonly currency: string;
  readonly payer: string;
  /** Currency code of the token, and what was paid in it, the fee included; the same in units of the token. */
  readonly token: string;
  readonly tokenAddress: string;
  readonly tokenAmount: string;
  readonly tokenUnits: string;
  /** The event on chain that an escrowed purchase is for. */
  readonly eventId?: string;
  /** The quote that was paid: stream and revision name one leaf. */
  readonly quote: { readonly stream: string; readonly revision: string };
  /** The rate that was locked in it. */
  readonly rate: RateLock;
};

/** Money that goes back to a customer by the provider's own decision. */
export type MatchedRefund = {
  readonly refund: string;
  readonly slot: string;
  readonly account: string;
  readonly amount: string;
  readonly currency: string;
  readonly token: string;
  readonly tokenAmount: string;
};

/** A part of an effect on credit, where it is of more than one. */
export type MatchedCreditShare = {
  /** Absent for what is nobody's. */
  readonly account?: string;
  readonly amount: string;
  readonly units: string;
};

/** Prepaid credit of a customer that was given out, spent, given back or is over. */
export type MatchedCredit = {
  /** Address that it lies under. */
  readonly holder: string;
  readonly account: string;
  readonly amount: string;
  readonly currency: string;
  /** The same in units of the credit. */
  readonly units: string;
  /** Of an issue and of an expiry: the last month in which it can be spent, or could. */
  readonly epoch?: string;
  /** Of an issue: the slot that it was bought in. Of a redemption: the one that it pays; absent for one that pays nothing. */
  readonly slot?: string;
  /** Of a redemption: what it pays. */
  readonly purpose?: SlotPurpose;
  /** Of what is given back: the decision. */
  readonly refund?: string;
  /** Of what is final: whose it was, where it was not `account`'s alone. Then nothing was paid with it. */
  readonly shares?: readonly MatchedCreditShare[];
};

/** Why money on chain is nobody's. */
export type UnmatchedReason =
  /** The ledger never issued a quote like this one: its signer has to be taken for stolen. */
  | 'quote_unknown'
  /** Sent past the contracts. */
  | 'stray_transfer'
  | 'token_unknown'
  /** It left the treasury, and the ledger does not know what it was worth. */
  | 'rate_unknown'
  | 'purchase_unknown'
  | 'refund_unknown'
  /** Credit that the ledger never ordered to be given out: its minter has to be taken for stolen. */
  | 'issue_unknown'
  /** Credit under an address that the ledger never gave any to, in a currency of its accounts. */
  | 'holder_unknown'
  /** Credit was taken from its holder, and the ledger had not decided that. */
  | 'credit_refund_unknown';

/** Where something lies that nobody can be found for: `credit` is what customers hold, and the provider owes. */
export type UnmatchedHolding = CryptoHolding | 'credit';

/** Who the effect is about, as the ledger knew it when it was seen; nobody for an effect that moves no customer's money. */
export type SettlementSubject = {
  /** Of `Settled`, `Collected` and `Purchased`; of `PurchaseRefunded` the payment that goes back. */
  readonly payment?: MatchedPayment;
  readonly refund?: MatchedRefund;
  readonly credit?: MatchedCredit;
  readonly unmatched?: UnmatchedReason;
};

/** Seen on the canonical chain. Shown, and nothing more. */
export type SettlementObserved = SettlementPlace & { readonly providerId: string; readonly log: ChainLog } & SettlementSubject;

/** As deep as the policy asks for: the service may start. */
export type SettlementConfirmed = SettlementPlace & {
  readonly payment: MatchedPayment;
  /** The newest block when this was decided. */
  readonly head: string;
  readonly effectiveAt: string;
  readonly postings: readonly Posting[];
};

/** An amount in the currency of the provider's books, where a customer's is another. */
export type BookExchange = {
  /** What the customer's currency was worth then. */
  readonly rate: Omit<RateLock, 'spreadBps'>;
  readonly amount: string;
};

/** What a payment was worth when it came, in the currency of the rate. */
export type ReceivedValue = {
  /** The rate of the block's time, without a spread. */
  readonly rate: Omit<RateLock, 'spreadBps'>;
  readonly net: string;
  readonly fee: string;
  /** Value less the amount that it counts for; below zero for a loss. */
  readonly gain: string;
  readonly exchange?: BookExchange;
};

/** What a captured event held in one currency. */
export type CapturedShare = {
  readonly currency: string;
  readonly net: string;
  readonly fee: string;
  readonly purchases: string;
  /** Net and fee are in the currency of the books then. */
  readonly exchange?: BookExchange;
};

/** There for good. */
export type SettlementFinalized = SettlementPlace & {
  /** Of the log, for example `Settled`. */
  readonly name: ChainLog['name'];
  readonly payment?: MatchedPayment;
  readonly refund?: MatchedRefund;
  readonly credit?: MatchedCredit;
  readonly value?: ReceivedValue;
  /** Of a refund. */
  readonly exchange?: BookExchange;
  /** Of `EventOpened`, `EventCancelled` and `EventCaptured`. */
  readonly eventId?: string;
  readonly token?: string;
  readonly captured?: readonly CapturedShare[];
  readonly effectiveAt: string;
  readonly postings: readonly Posting[];
};

/** The block is not on the chain any more. What was posted is taken back; the effect may be seen again. */
export type SettlementReorged = SettlementPlace & {
  readonly payment?: MatchedPayment;
  /** How far it had come. */
  readonly from: 'observed' | 'confirmed';
  readonly postings: readonly Posting[];
};

/** There for good, and nobody's: it waits for somebody to look. */
export type ReceiptUnmatched = SettlementPlace & {
  readonly name: ChainLog['name'];
  readonly reason: UnmatchedReason;
  /** Where it lies, or was missed. */
  readonly holding: UnmatchedHolding;
  readonly direction: 'in' | 'out';
  /** Empty where nobody can tell. */
  readonly from: string;
  readonly tokenAddress: string;
  /** Absent for a token that the ledger has no currency for; then nothing is posted. */
  readonly token?: string;
  readonly tokenAmount?: string;
  readonly effectiveAt: string;
  readonly postings: readonly Posting[];
};

/** The provider moved money of its treasury itself. */
export type TreasuryMoved = SettlementPlace & {
  readonly direction: 'to-refunder' | 'from-refunder' | 'out';
  readonly from: string;
  readonly to: string;
  readonly token: string;
  readonly tokenAmount: string;
  readonly amount: string;
  readonly currency: string;
  readonly rate: Omit<RateLock, 'spreadBps'>;
  readonly effectiveAt: string;
  readonly postings: readonly Posting[];
};

/** Staff found out whose an unmatched receipt is. */
export type ReceiptAllocated = SettlementPlace & {
  readonly account: string;
  readonly token: string;
  readonly tokenAmount: string;
  readonly amount: string;
  readonly currency: string;
  readonly rate: Omit<RateLock, 'spreadBps'>;
  readonly exchange?: BookExchange;
  readonly reason: string;
  readonly effectiveAt: string;
  readonly postings: readonly Posting[];
};

/**
 * What was there for good is not: the chain replaced blocks that were final, or a log that accounts for a stray was found late. Everything that
 * was posted for it is taken back; the effect may be seen again.
 */
export type SettlementReversed = SettlementPlace & {
  readonly name: ChainLog['name'];
  /** How far it had come. `moved`: as the provider's own movement. */
  readonly from: 'finalized' | 'moved' | 'unmatched' | 'allocated';
  readonly payment?: MatchedPayment;
  readonly refund?: MatchedRefund;
  readonly credit?: MatchedCredit;
  /** To whom staff had given it. */
  readonly account?: string;
  /** In the operator's words; absent where nothing was posted, which takes no decision. */
  readonly reason?: string;
  readonly effectiveAt: string;
  readonly postings: readonly Posting[];
};

export type SettlementEvent =
  | { readonly type: 'SettlementObserved/1'; readonly data: SettlementObserved }
  | { readonly type: 'SettlementConfirmed/1'; readonly data: SettlementConfirmed }
  | { readonly type: 'SettlementFinalized/1'; readonly data: SettlementFinalized }
  | { readonly type: 'SettlementReorged/1'; readonly data: SettlementReorged }
  | { readonly type: 'ReceiptUnmatched/1'; readonly data: ReceiptUnmatched }
  | { readonly type: 'TreasuryMoved/1'; readonly data: TreasuryMoved }
  | { readonly type: 'ReceiptAllocated/1'; readonly data: ReceiptAllocated }
  | { readonly type: 'SettlementReversed/1'; readonly data: SettlementReversed };

export const settlementEvents = new EventTypes<SettlementEvent>({
  'SettlementObserved/1': [],
  'SettlementConfirmed/1': [],
  'SettlementFinalized/1': [],
  'SettlementReorged/1': [],
  'ReceiptUnmatched/1': [],
  'TreasuryMoved/1': [],
  'ReceiptAllocated/1': [],
  'SettlementReversed/1': [],
});

/** The part of an effect that every one of its events repeats. */
export function placeOf({ chainId, contract, module, effect, key, block, tx, logIndex }: ChainEffect | SettlementPlace): SettlementPlace {
  return { chainId, contract, module, effect, key, block, tx, logIndex };
}
