import type { Posting } from '../../money/posting.ts';
import type { PurchasedTitle } from './account.events.ts';

/*
 * What payments on chain do to an account. They come from the facts of the chain (`services/settlement`), in their order, and each knows the
 * settlement that it follows from: what stands behind `settlement-` in the name of its stream.
 */

/** A payment on chain, there for good, pays what it was made for; once for each settlement, once for each slot. */
export type SettlementCredited = {
  readonly account: string;
  readonly settlement: string;
  /** The slot that was paid; absent for a receipt that staff allocated, and for credit that was spent on nothing that it pays. */
  readonly slot?: string;
  readonly purpose: 'invoice' | 'top-up' | 'title' | 'deposit' | 'credit' | 'allocation' | 'redemption';
  readonly amount: string;
  readonly currency: string;
  readonly allocations: readonly { readonly invoice: string; readonly amount: string }[];
  /** The purchase that was owed until now, and how much of it is paid. */
  readonly title?: { readonly purchase: string; readonly amount: string };
  /** What went to the wallet, and in which bucket; `0.00` when nothing did. */
  readonly wallet: string;
  readonly bucket: string;
  readonly chainId: string;
  readonly tx: string;
  readonly effectiveAt: string;
  readonly postings: readonly Posting[];
};

/** A payment that was credited is not on the chain: what it paid is owed again. It may come again, and is credited anew then. */
export type SettlementCreditReversed = {
  readonly account: string;
  readonly settlement: string;
  readonly slot?: string;
  readonly amount: string;
  readonly currency: string;
  /** The invoice that it had paid, and how much of it is owed again. */
  readonly reopened: readonly { readonly invoice: string; readonly amount: string }[];
  /** The purchase that is owed again. */
  readonly title?: { readonly purchase: string; readonly amount: string };
  readonly deposit?: string;
  /** What was taken from the wallet, in which it may go below zero; `0.00` when nothing was. */
  readonly wallet: string;
  readonly reason: string;
  readonly effectiveAt: string;
  readonly postings: readonly Posting[];
};

/** A title may be watched because its payment is deep enough on chain. */
export type TitleGranted = {
  readonly account: string;
  readonly settlement: string;
  readonly slot: string;
  readonly purchase: string;
  readonly amount: string;
  readonly currency: string;
  readonly product: string;
  /** `receivable`: it is sold, and owed until the payment is final. `escrow`: nothing is earned before the escrow is captured. */
  readonly hold: 'receivable' | 'escrow';
  readonly title: PurchasedTitle;
  /** Half-open window in which the title may be watched. */
  readonly entitlement: { readonly from: string; readonly until: string };
  readonly tx: string;
  readonly effectiveAt: string;
  readonly postings: readonly Posting[];
};

/** The title may not be watched any more. */
export type TitleGrantEnded = {
  readonly account: string;
  readonly slot: string;
  readonly purchase: string;
  /** The revision that granted it. */
  readonly granted: string;
  readonly reason: 'reorged' | 'event_cancelled' | 'refunded';
  readonly amount: string;
  readonly currency: string;
  readonly title: PurchasedTitle;
  /** What was paid of it and did not go back: it is in the wallet now, in the bucket of what is overpaid. Absent when nothing was. */
  readonly wallet?: string;
  readonly effectiveAt: string;
  /** Mirror those of the grant, as far as it was owed still, and give up what it had earned beside. */
  readonly postings: readonly Posting[];
};

/** The escrow was captured: what was held for the purchase is earned. */
export type TitleCaptured = {
  readonly account: string;
  readonly slot: string;
  /** Of the capture, and not of the purchase. */
  readonly settlement: string;
  readonly amount: string;
  readonly currency: string;
  readonly product: string;
  /** Of a payment that no title was granted for, since the account had it already: the customer's, in the wallet. Absent for what is earned. */
  readonly overpaid?: { /** The payment's. */ readonly settlement: string; readonly wallet: string };
  readonly effectiveAt: string;
  readonly postings: readonly Posting[];
};

/**
 * Money that came by a settlement goes back on chain. It is decided here, and paid afterwards. What is not taken from one of the places named
 * is taken from the wallet.
 */
export type SettlementRefundDecided = {
  readonly account: string;
  readonly refund: string;
  readonly settlement: string;
  readonly slot: string;
  readonly amount: string;
  readonly currency: string;
  /** The address that the payer signed; who paid it when absent. */
  readonly to?: string;
  /** The invoice that the payment had paid, and how much of it is owed again. */
  readonly reopened?: readonly { readonly invoice: string; readonly amount: string }[];
  /** The title that the payment had paid, and how much of what it earned is given up. */
  readonly title?: { readonly purchase: string; readonly amount: string };
  /** How much of the deposit goes back. */
  readonly deposit?: string;
  readonly reason: string;
  readonly effectiveAt: string;
  readonly postings: readonly Posting[];
};

/** Nothing came of a refund, and nothing will: the account has its money again. It may be refunded anew. */
export type SettlementRefundReturned = {
  readonly account: string;
  readonly refund: string;
  readonly settlement: string;
  readonly slot: string;
  readonly amount: string;
  readonly currency: string;
  /** What is paid again, as far as it is still owed. */
  readonly allocations: readonly { readonly invoice: string; readonly amount: string }[];
  /** What is earned again: the title was not given up. */
  readonly title?: { readonly purchase: string; readonly amount: string };
  readonly deposit?: string;
  /** What went to the wallet; `0.00` when nothing did. */
  readonly wallet: string;
  /** Why nothing came of it: the code of the failure, and the contract's own error where it was one. */
  readonly failure: string;
  readonly effectiveAt: string;
  readonly postings: readonly Posting[];
};

/**
 * Prepaid credit of the account was burnt, to be given back, and that is there for good. What it cost is the customer's again: in the wallet, and
 * part of what can go back of the payment that bought it. Where that payment is gone it cost nothing: then there is less that nobody paid for.
 */
export type CreditTakenBack = {
  readonly account: string;
  /** The decision. */
  readonly refund: string;
  /** The payment that bought it. */
  readonly settlement: string;
  readonly slot: string;
  readonly amount: string;
  readonly currency: string;
  /** Of the wallet; absent where the payment is gone. */
  readonly bucket?: string;
  readonly chainId: string;
  /** The transaction that burnt it. */
  readonly tx: string;
  readonly effectiveAt: string;
  readonly postings: readonly Posting[];
};

/** Credit that was taken back is not burnt after all: its holder has it again, so that its money is not the customer's any more. */
export type CreditTakenBackReversed = {
  readonly account: string;
  readonly refund: string;
  readonly settlement: string;
  readonly slot: string;
  readonly amount: string;
  readonly currency: string;
  /** What was taken from the wallet, in which it may go below zero; `0.00` where the payment that bought the credit is gone. */
  readonly wallet: string;
  readonly reason: string;
  readonly effectiveAt: string;
  readonly postings: readonly Posting[];
};

export type AccountSettlementEvent =
  | { readonly type: 'SettlementCredited/1'; readonly data: SettlementCredited }
  | { readonly type: 'SettlementCreditReversed/1'; readonly data: SettlementCreditReversed }
  | { readonly type: 'TitleGranted/1'; readonly data: TitleGranted }
  | { readonly type: 'TitleGrantEnded/1'; readonly data: TitleGrantEnded }
  | { readonly type: 'TitleCaptured/1'; readonly data: TitleCaptured }
  | { readonly type: 'SettlementRefundDecided/1'; readonly data: SettlementRefundDecided }
  | { readonly type: 'SettlementRefundReturned/1'; readonly data: SettlementRefundReturned }
  | { readonly type: 'CreditTakenBack/1'; readonly data: CreditTakenBack }
  | { readonly type: 'CreditTakenBackReversed/1'; readonly data: CreditTakenBackReversed };
