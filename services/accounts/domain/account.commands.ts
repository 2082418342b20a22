import type { RatingRejection } from '../../rating/domain/rate-usage.ts';
import type { Money } from '../../money/money.ts';
import type { AccountEvent, Billing, ChargeSource, RatingTrace, TitlePurchased } from './account.events.ts';

/* What can be asked of an account. Amounts are parsed and above zero; ids and instants are validated at the edge. */

export interface OpenAccountData {
  readonly account: string;
  readonly billing: Billing;
  readonly creditLimit: Money;
}

export interface TopUpData {
  readonly amount: Money;
  readonly method: string;
  readonly channel: 'api' | 'operator';
  readonly effectiveAt: string;
}

export interface PostChargeData {
  readonly amount: Money;
  readonly product: string;
  /** Absent: the wallet of a prepaid account, the invoice of a postpaid one. */
  readonly source?: ChargeSource;
  readonly description: string;
  readonly effectiveAt: string;
  readonly rating?: RatingTrace;
  readonly usageRecord?: string;
}

export interface PurchaseTitleData {
  readonly purchase: string;
  readonly title: TitlePurchased['title'];
  readonly product: string;
  readonly price: Money;
  readonly sale: { readonly from: string; readonly until: string };
  readonly entitlement: TitlePurchased['entitlement'];
  readonly source?: ChargeSource;
  readonly effectiveAt: string;
}

export interface ReceivePaymentData {
  readonly payment: string;
  readonly amount: Money;
  readonly method: string;
  readonly reference: string;
  readonly effectiveAt: string;
}

export interface ReverseEntryData {
  /** The event to take back, read from the account's own stream; undefined when there is none at that revision. */
  readonly original: { readonly id: string; readonly revision: bigint; readonly event: AccountEvent } | undefined;
  /** A charge that is on an invoice is given back in the wallet: the document stays as it is. Absent: it is refused. */
  readonly invoicedToWallet?: boolean;
  readonly reason: string;
  readonly effectiveAt: string;
}

export interface CloseChargesData {
  readonly invoice: string;
  readonly series: string;
  readonly dueOn: string;
  readonly effectiveAt: string;
}

/** Every reason for which an account says no. Amounts are canonical text in the account's currency. */
export type AccountRejection =
  | RatingRejection
  | { readonly code: 'account_already_open'; readonly account: string }
  | { readonly code: 'account_not_found' }
  | { readonly code: 'currency_mismatch'; readonly account: string; readonly given: string }
  | { readonly code: 'source_not_available'; readonly source: ChargeSource }
  | { readonly code: 'insufficient_funds'; readonly available: string; readonly required: string; readonly currency: string }
  | { readonly code: 'credit_limit_exceeded'; readonly available: string; readonly required: string; readonly currency: string }
  | { readonly code: 'amount_not_payable'; readonly amount: string; readonly currency: string }
  | { readonly code: 'payment_reference_conflict'; readonly reference: string }
  | { readonly code: 'price_book_not_found' }
  | { readonly code: 'title_not_found' }
  | { readonly code: 'title_cancelled'; readonly title: string }
  | { readonly code: 'title_already_purchased'; readonly title: string }
  | { readonly code: 'title_not_on_sale'; readonly from: string; readonly until: string }
  | { readonly code: 'title_grant_not_found'; readonly slot: string }
  | { readonly code: 'title_window_begun'; readonly from: string }
  | { readonly code: 'settlement_not_final'; readonly settlement: string }
  | { readonly code: 'nothing_to_refund'; readonly paid: string; readonly currency: string }
  | {
      readonly code: 'refund_above_payment';
      readonly paid: string;
      /** What is left of it after earlier refunds. */
      readonly refundable: string;
      readonly required: string;
      readonly currency: string;
    }
  | { readonly code: 'refund_not_found'; readonly refund: string }
  | { readonly code: 'availability_not_promised'; readonly terms: string }
  | { readonly code: 'outage_period_invalid'; readonly from: string; readonly until: string }
  | { readonly code: 'nothing_to_invoice' }
  | { readonly code: 'entry_not_found' }
  | { readonly code: 'entry_not_reversible'; readonly type: string }
  | { readonly code: 'entry_already_reversed'; readonly revision: string }
  | { readonly code: 'charge_already_invoiced'; readonly revision: string };
