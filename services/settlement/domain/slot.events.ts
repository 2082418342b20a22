import { EventTypes } from '../../event-store/domain/event-types.ts';
import type { PayModule, SignedTerms } from './quote.ts';

/*
 * Facts of settlement slots. A slot is what can be settled on chain once, whatever quote, token or tab it is paid by: the contract keeps one
 * bit for each (provider, seq). Amounts in a fiat or ledger currency are canonical decimals in major units; units of a token are decimal text.
 */

/** The register gave a purpose its slot. Stream `<slug>.slots-main`. */
export type SlotAllocated = {
  /** 1, 2, 3, ... without a gap, as decimal text. */
  readonly seq: string;
  /**
   * Key of what is paid, for example `invoice:inv_...:1` or `order:ord_...`: each gets one slot, once, and another one only where a chain has closed
   * the first before it was opened.
   */
  readonly purpose: string;
};

/** What a slot is paid for. `order` stands for what has no document of its own. */
export type SlotPurpose =
  | { readonly kind: 'invoice'; readonly invoice: string; /** 1, 2, ... */ readonly instalment: string; readonly number: string }
  | { readonly kind: 'top-up'; readonly order: string; readonly bucket: string }
  | { readonly kind: 'title'; readonly order: string; readonly title: SlotTitle }
  | { readonly kind: 'deposit'; readonly order: string }
  | { readonly kind: 'credit'; readonly order: string };

export type SlotTitle = { readonly id: string; readonly name: string; readonly stream: string; readonly revision: string };

/** The event of an escrowed purchase on chain; times are seconds since 1970. */
export type SlotEscrow = { readonly eventId: string; readonly captureAfter: string; readonly reclaimAfter: string };

/** Something is to be paid on chain. Stream `<slug>.slot-<seq>`, always revision 0. */
export type SlotOpened = {
  readonly seq: string;
  /** On chain, decimal. */
  readonly providerId: string;
  readonly account: string;
  readonly purpose: SlotPurpose;
  readonly amount: string;
  readonly currency: string;
  /** The one place where it can be paid. */
  readonly module: PayModule;
  readonly chainId: string;
  readonly contract: string;
  /** Of a purchase that the escrow holds until the event; absent everywhere else. */
  readonly escrow?: SlotEscrow;
  /** What `invoiceRef` is the hash of, beside the id of invoice or order. */
  readonly salt: string;
  readonly termsHash: string;
  readonly invoiceRef: string;
};

/** How an amount became units of a token. */
export type RateLock = {
  /** Currency code of the token, for example `ETH`. */
  readonly base: string;
  /** Currency of the slot. */
  readonly currency: string;
  /** One whole token in that currency, exact. */
  readonly rate: string;
  readonly source: string;
  /** When the rate was true. */
  readonly at: string;
  /** What the payer pays on top for the lock, in hundredths of a percent. */
  readonly spreadBps: string;
};

/** The provider signed a quote. It is in the log before anybody is shown it. */
export type QuoteIssued = {
  readonly seq: string;
  readonly chainId: string;
  readonly contract: string;
  readonly terms: SignedTerms;
  readonly structHash: string;
  readonly digest: string;
  readonly signer: string;
  /** Over the digest: 0x and hex. */
  readonly signature: string;
  /** The token's place in the money table, with what is paid in major units. */
  readonly tokenCurrency: string;
  readonly tokenAmount: string;
  readonly rate: RateLock;
  /** How long after the deadline a block may still be replaced, and this one be paid in it or not any more. Seconds. */
  readonly reorgWindowSeconds: string;
};

/** Why a slot is not bound to its contract any more. */
export type SlotEvidence =
  /** No quote was ever signed. */
  | { readonly kind: 'unquoted' }
  /** `SeqCancelled` in a finalised block: nothing can land there. */
  | { readonly kind: 'cancelled'; readonly block: EvidenceBlock }
  /** A finalised block is younger than every quote, and the slot's bit is not set in it. */
  | { readonly kind: 'unpaid'; readonly block: EvidenceBlock }
  /** Closed in a finalised block, by a payment under a quote that the ledger does not know: none of those that it knows can land. */
  | { readonly kind: 'taken'; readonly block: EvidenceBlock };

export type EvidenceBlock = { readonly number: string; readonly hash: string; /** ISO text. */ readonly time: string };

/** The slot is paid elsewhere from here on. */
export type SlotMoved = {
  readonly seq: string;
  readonly module: PayModule;
  readonly chainId: string;
  readonly contract: string;
  readonly escrow?: SlotEscrow;
  readonly evidence: SlotEvidence;
};

/** A holder may pay the slot with prepaid credit: the reference and the units that it has to spend. It is in the log before the holder is told. */
export type RedemptionOffered = {
  readonly seq: string;
  readonly chainId: string;
  /** Of the credit. */
  readonly contract: string;
  readonly holder: string;
  readonly units: string;
  readonly invoiceRef: string;
  /** Seconds since 1970. What is spent in a block before it pays the slot. Absent in offers of before there was an end. */
  readonly deadline?: string;
  /** How long after that a block may still be replaced: nothing else is offered for the slot before. Seconds. */
  readonly reorgWindowSeconds?: string;
  /** Why no quote can land any more; absent where none was signed. */
  readonly evidence?: SlotEvidence;
};

/** A holder that has enough wanted to pay with prepaid credit while quotes bound the slot: credit comes next (docs/decisions/0182). */
export type RedemptionAsked = {
  readonly seq: string;
  readonly chainId: string;
  /** Of the credit. */
  readonly contract: string;
  readonly holder: string;
  readonly units: string;
  /** Seconds since 1970: until then quotes may follow on each other, and then none is signed before credit had its chance. */
  readonly quotesUntil: string;
};

/** Prepaid credit that was bought in the slot is taken back. Its money is owed once the chain shows that it is burnt. */
export type CreditRefundDecided = {
  readonly seq: string;
  readonly refund: string;
  readonly account: string;
  readonly holder: string;
  readonly amount: string;
  readonly currency: string;
  readonly reason: string;
};

/** Nothing came of it: the holder has spent the credit meanwhile, or it is over. */
export type CreditRefundFailed = { readonly seq: string; readonly refund: string; readonly failure: string };

/** Nothing more is quoted for the slot. */
export type SlotClosed = {
  readonly seq: string;
  /** `settled`: its payment is final. `released`: what it was for may be paid in another way. */
  readonly reason: 'settled' | 'released';
  /** Why it may be released; absent when it was settled. */
  readonly evidence?: SlotEvidence;
};

export type SlotRegisterEvent = { readonly type: 'SlotAllocated/1'; readonly data: SlotAllocated };

export type SlotEvent =
  | { readonly type: 'SlotOpened/1'; readonly data: SlotOpened }
  | { readonly type: 'QuoteIssued/1'; readonly data: QuoteIssued }
  | { readonly type: 'SlotMoved/1'; readonly data: SlotMoved }
  | { readonly type: 'SlotClosed/1'; readonly data: SlotClosed }
  | { readonly type: 'RedemptionOffered/1'; readonly data: RedemptionOffered }
  | { readonly type: 'RedemptionAsked/1'; readonly data: RedemptionAsked }
  | { readonly type: 'CreditRefundDecided/1'; readonly data: CreditRefundDecided }
  | { readonly type: 'CreditRefundFailed/1'; readonly data: CreditRefundFailed };

export const slotRegisterEvents = new EventTypes<SlotRegisterEvent>({ 'SlotAllocated/1': [] });
export const slotEvents = new EventTypes<SlotEvent>({
  'SlotOpened/1': [],
  'QuoteIssued/1': [],
  'SlotMoved/1': [],
  'SlotClosed/1': [],
  'RedemptionOffered/1': [],
  'RedemptionAsked/1': [],
  'CreditRefundDecided/1': [],
  'CreditRefundFailed/1': [],
});
