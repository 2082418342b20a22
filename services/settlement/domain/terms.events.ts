import { EventTypes } from '../../event-store/domain/event-types.ts';

/** What an offer costs in each of its cycles. */
export type TermsPrice = {
  readonly amount: string;
  readonly currency: string;
  /** `once`, `month`, `year`, or `usage` where a price book says it. */
  readonly cycle: string;
};

/** Money back when the service was not there. */
export type SlaCredit = {
  /** Availability of a cycle in percent; below it the credit is due. */
  readonly availabilityBelow: string;
  /** Percent of the cycle's price. */
  readonly creditPercent: string;
};

/** How long the escrow holds a pay-per-view purchase. */
export type EscrowTerms = {
  /** The provider may take the money so long after the title is over. */
  readonly captureAfterSeconds: string;
  /** Anybody may send the money back so long after the provider could first take it. */
  readonly reclaimAfterSeconds: string;
};

/** How long prepaid credit can be spent. */
export type CreditTerms = {
  /** Months after the one in which it was paid for: 1 to 11. */
  readonly monthsAfterIssue: string;
};

/**
 * What both sides agree to, as canonical JSON of strings, arrays and objects. Its hash is keccak256 of those bytes, so that anybody who has
 * the document can tell whether a payment was made for it.
 */
export type TermsDocument = {
  readonly format: 'tallyroot-terms/1';
  /** Slug of the provider. */
  readonly provider: string;
  readonly offer: string;
  /** 1, 2, ... as the provider counts; `replaces` names the hash of the version before. */
  readonly version: string;
  readonly replaces?: string;
  readonly price: TermsPrice;
  /** The price versions that usage is rated by: stream and revision, which name one leaf of the log each. */
  readonly priceBooks: readonly { readonly stream: string; readonly revision: string }[];
  readonly slaCredits: readonly SlaCredit[];
  readonly escrow?: EscrowTerms;
  readonly credit?: CreditTerms;
  /** In words: when the customer gets money back. */
  readonly refunds: string;
};

/** Terms that can be agreed to. Stream `<slug>.terms-<hash>`, always revision 0. */
export type TermsPublished = {
  readonly hash: string;
  readonly document: TermsDocument;
};

export type TermsEvent = { readonly type: 'TermsPublished/1'; readonly data: TermsPublished };

export const termsEvents = new EventTypes<TermsEvent>({ 'TermsPublished/1': [] });
