import type { Currency } from '../../money/currency.ts';
import type { Billing } from './account.events.ts';
import type { AccountSettlements } from './known-settlements.ts';
import type { OutageRecorded } from './sla.events.ts';

export interface OpenAccount extends AccountSettlements {
  readonly status: 'open';
  readonly account: string;
  readonly billing: Billing;
  readonly currency: Currency;
  /** All amounts are at the currency's ledger scale. */
  readonly creditLimit: bigint;
  /** What the provider owes the customer, all buckets together; below zero only on credit. */
  readonly wallet: bigint;
  /** What of it lies in other buckets than the customer's money; each above zero. */
  readonly buckets: ReadonlyMap<string, bigint>;
  /** Charged since the last invoice. */
  readonly unbilled: bigint;
  readonly openInvoices: readonly OpenInvoice[];
  /** Every invoice in the order of closing: a reversed payment puts its invoices back in their places. */
  readonly invoiceOrder: readonly string[];
  /** Charges at or below this revision are on an invoice. */
  readonly closedTo: bigint;
  /** Revision of the last event. */
  readonly revision: bigint;
  /** Revisions of events that were taken back. */
  readonly reversed: ReadonlySet<bigint>;
  /** Payments by method and the payer's reference. */
  readonly payments: ReadonlyMap<string, KnownPayment>;
  /** Titles bought and not taken back, with the revision of the purchase. */
  readonly purchases: ReadonlyMap<string, bigint>;
  /** Outages by terms and cycle. */
  readonly outageCycles: ReadonlyMap<string, OutageCycle>;
}

export interface KnownPayment {
  readonly revision: bigint;
  readonly amount: bigint;
}

export type Account = { readonly status: 'none' } | OpenAccount;

/** An invoice as the account sees it: what is still owed, oldest first. */
export interface OpenInvoice {
  readonly invoice: string;
  /** At ledger scale, above zero. */
  readonly open: bigint;
}

/** Outages of one offer in one cycle. */
export interface OutageCycle {
  readonly outages: readonly KnownOutage[];
  /** Percent of the price that was given back, as the terms write it. */
  readonly credited: string;
}

export interface KnownOutage extends Pick<OutageRecorded, 'from' | 'until' | 'source' | 'evidence'> {
  readonly revision: bigint;
}
