import type { Posting } from '../../money/posting.ts';

/* What a service that was not there does to an account, by terms that were published (docs/decisions/0139). */

/** Published terms: the hash of the document, and the leaf that holds it. */
export type NamedTerms = { readonly hash: string; readonly stream: string; readonly revision: string };

/** The service was not there, as somebody measured. */
export type OutageRecorded = {
  readonly account: string;
  readonly terms: NamedTerms;
  readonly offer: string;
  /** Of the price, as the terms have it. */
  readonly cycle: { readonly from: string; readonly until: string };
  /** Half-open, within the cycle. */
  readonly from: string;
  readonly until: string;
  /** Who measured it. */
  readonly source: string;
  /** SHA-256 of what was measured, which the source keeps: 0x and 64 hex. */
  readonly evidence: string;
};

/** The terms give money back: made by the outage that brought the cycle below what they promise, in the same append. */
export type SlaCredited = {
  readonly account: string;
  readonly terms: NamedTerms;
  readonly offer: string;
  readonly cycle: { readonly from: string; readonly until: string };
  /** Revisions of this stream: every outage of the cycle, the last one included. What overlaps counts once. */
  readonly outages: readonly string[];
  readonly downMs: string;
  readonly cycleMs: string;
  /** The promise that is broken, and what is due for it; `before` was credited for the cycle already. */
  readonly availabilityBelow: string;
  readonly creditPercent: string;
  readonly before: string;
  readonly price: string;
  readonly amount: string;
  readonly currency: string;
  readonly effectiveAt: string;
  readonly postings: readonly Posting[];
};

export type SlaEvent =
  { readonly type: 'OutageRecorded/1'; readonly data: OutageRecorded } | { readonly type: 'SlaCredited/1'; readonly data: SlaCredited };
