import type { Money } from '../../../money/money.ts';

/** What somebody wants to pay on chain. Ids are validated at the edge, amounts above zero. */
export type CheckoutSubject =
  /** `amount` absent: all that is open of it. */
  | { readonly kind: 'invoice'; readonly invoice: string; readonly amount?: Money }
  | { readonly kind: 'top-up'; readonly account: string; readonly amount: Money; readonly bucket: string }
  /** `held`: the escrow keeps the money until the event. */
  | { readonly kind: 'title'; readonly account: string; readonly title: string; readonly held: boolean }
  | { readonly kind: 'deposit'; readonly account: string; readonly amount: Money }
  | { readonly kind: 'credit'; readonly account: string; readonly amount: Money };

export interface CheckoutAsked {
  readonly subject: CheckoutSubject;
  /** Absent: the first chain that is configured. */
  readonly chainId?: string;
  /** Absent: the terms of the provider's profile. */
  readonly termsHash?: string;
}

/** Why there is no checkout. */
export type SubjectRejection =
  | { readonly code: 'account_not_found' }
  | { readonly code: 'invoice_not_found' }
  | { readonly code: 'title_not_found' }
  | { readonly code: 'title_cancelled'; readonly title: string }
  | { readonly code: 'invoice_paid' }
  | { readonly code: 'amount_exceeds_open'; readonly open: string; readonly currency: string }
  | { readonly code: 'amount_not_payable'; readonly amount: string; readonly currency: string }
  | { readonly code: 'currency_mismatch'; readonly account: string; readonly given: string }
  | { readonly code: 'currency_not_quotable'; readonly currency: string }
  | { readonly code: 'title_already_purchased'; readonly title: string }
  | { readonly code: 'title_not_on_sale'; readonly from: string; readonly until: string };
