import { EventTypes } from '../../event-store/domain/event-types.ts';
import type { Posting } from '../../money/posting.ts';
import type { AccountSettlementEvent } from './account-settlement.events.ts';
import type { SlaEvent } from './sla.events.ts';

/*
 * Facts of a customer's account, stream `<slug>.account-<account>`. Each is the `fin` of the stored event. Amounts are canonical
 * decimals in major units, instants UTC ISO text, revisions decimal text; every event that moves money holds its postings. A
 * version never changes once written.
 */

/** Prepaid spends a wallet it filled before; postpaid is invoiced. A postpaid account has a wallet too (top-ups, overpayments). */
export type Billing = 'prepaid' | 'postpaid';
/** What a charge is taken from. */
export type ChargeSource = 'wallet' | 'invoice';

export type AccountOpened = {
  readonly account: string;
  readonly billing: Billing;
  readonly currency: string;
  /** Prepaid: how far the wallet may go below zero. Postpaid: how much may be owed, unbilled and invoiced together. */
  readonly creditLimit: string;
};

export type ToppedUp = {
  readonly account: string;
  readonly amount: string;
  readonly currency: string;
  /** How the money came: `cash`, `card`, `bank`, ... Names the ledger account `asset:cash:<method>`. */
  readonly method: string;
  readonly channel: 'api' | 'operator';
  readonly effectiveAt: string;
  readonly postings: readonly Posting[];
};

/** How a usage charge came about: enough to compute it again without the price book. */
export type RatingTrace = {
  /** Where the price version stands: stream and revision of `PriceBookPublished`. */
  readonly priceBook: { readonly stream: string; readonly revision: string };
  readonly band: string;
  /** For example `265.1` with unit `minute`. */
  readonly quantity: string;
  readonly unit: string;
  readonly rate: string;
  /** The exact product before the one rounding. */
  readonly exact: string;
  readonly rounding: string;
  readonly decimals: string;
};

export type ChargePosted = {
  readonly account: string;
  readonly amount: string;
  readonly currency: string;
  readonly product: string;
  readonly source: ChargeSource;
  /** What the customer reads; never personal data. */
  readonly description: string;
  readonly rating?: RatingTrace;
  /** The usage record's own id at its source, where the charge came from one. */
  readonly usageRecord?: string;
  readonly effectiveAt: string;
  readonly postings: readonly Posting[];
};

/** A listing: its stream and revision name one leaf. */
export type PurchasedTitle = { readonly id: string; readonly name: string; readonly stream: string; readonly revision: string };

export type TitlePurchased = {
  readonly account: string;
  readonly purchase: string;
  readonly amount: string;
  readonly currency: string;
  readonly product: string;
  readonly source: ChargeSource;
  readonly title: PurchasedTitle;
  /** Half-open window in which the title may be watched. */
  readonly entitlement: { readonly from: string; readonly until: string };
  readonly effectiveAt: string;
  readonly postings: readonly Posting[];
};

export type PaymentReceived = {
  readonly account: string;
  readonly payment: string;
  readonly amount: string;
  readonly currency: string;
  readonly method: string;
  /** The payer's or gateway's own reference: the same payment reported twice has the same one. */
  readonly reference: string;
  /** Oldest invoice first. */
  readonly allocations: readonly { readonly invoice: string; readonly amount: string }[];
  /** What was left over and went to the wallet; `0.00` when nothing was. */
  readonly overpaid: string;
  readonly effectiveAt: string;
  readonly postings: readonly Posting[];
};

/** Takes back an earlier event of this account by mirrored postings. */
export type EntryReversed = {
  readonly account: string;
  readonly reverses: { readonly event: string; readonly revision: string; readonly type: string };
  readonly amount: string;
  readonly currency: string;
  readonly reason: string;
  /** What changes for the account, signed: replay needs no look back at the reversed event. */
  readonly effects: {
    readonly wallet: string;
    readonly unbilled: string;
    /** Invoices that the reversed payment had paid, with the amounts that are owed again. */
    readonly reopened: readonly { readonly invoice: string; readonly amount: string }[];
    /** The title whose purchase is taken back; its entitlement ends. */
    readonly title?: string;
  };
  readonly effectiveAt: string;
  readonly postings: readonly Posting[];
};

/** First step of an invoice: the account gives up its unbilled charges up to `toRevision`, once. */
export type ChargesClosed = {
  readonly account: string;
  readonly invoice: string;
  readonly series: string;
  /** Revisions of this stream, both inclusive, that hold the charges; reversals in between are taken into account. */
  readonly fromRevision: string;
  readonly toRevision: string;
  readonly currency: string;
  /** The exact sum at ledger scale, and what is payable after the one rounding (half-up). */
  readonly net: string;
  readonly payable: string;
  /** `YYYY-MM-DD`. */
  readonly dueOn: string;
  readonly effectiveAt: string;
  readonly postings: readonly Posting[];
};

export type AccountEvent =
  | { readonly type: 'AccountOpened/1'; readonly data: AccountOpened }
  | { readonly type: 'ToppedUp/1'; readonly data: ToppedUp }
  | { readonly type: 'ChargePosted/1'; readonly data: ChargePosted }
  | { readonly type: 'TitlePurchased/1'; readonly data: TitlePurchased }
  | { readonly type: 'PaymentReceived/1'; readonly data: PaymentReceived }
  | { readonly type: 'EntryReversed/1'; readonly data: EntryReversed }
  | { readonly type: 'ChargesClosed/1'; readonly data: ChargesClosed }
  | AccountSettlementEvent
  | SlaEvent;

export const accountEvents = new EventTypes<AccountEvent>({
  'AccountOpened/1': [],
  'ToppedUp/1': [],
  'ChargePosted/1': [],
  'TitlePurchased/1': [],
  'PaymentReceived/1': [],
  'EntryReversed/1': [],
  'ChargesClosed/1': [],
  'OutageRecorded/1': [],
  'SlaCredited/1': [],
  'SettlementCredited/1': [],
  'SettlementCreditReversed/1': [],
  'TitleGranted/1': [],
  'TitleGrantEnded/1': [],
  'TitleCaptured/1': [],
  'SettlementRefundDecided/1': [],
  'SettlementRefundReturned/1': [],
  'CreditTakenBack/1': [],
  'CreditTakenBackReversed/1': [],
});
