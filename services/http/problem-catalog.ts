import type { ProviderRejection } from '../access/domain/provider.ts';
import type { AccountRejection } from '../accounts/domain/account.commands.ts';
import type { PriceBookRejection } from '../catalog/domain/price-book.ts';
import type { TitleRejection } from '../catalog/domain/title.ts';
import type { ExecutionRejection } from '../commands/application/answer.ts';
import type { InvoiceRejection } from '../invoicing/domain/invoice.ts';
import type { AllocationRejection } from '../settlement/domain/allocating.decider.ts';
import type { PersonRejection } from '../privacy/domain/person.decider.ts';
import type { RetentionRejection } from '../privacy/domain/retention.ts';
import type { ConfigureRejection } from '../settlement/domain/settlement-provider.ts';
import type { QuoteRejection } from '../settlement/application/quoting/issue-quote.handler.ts';
import type { CheckoutRejection } from '../settlement/application/checkout/open-checkout.handler.ts';
import type { RefundCreditRejection } from '../settlement/application/credit/refund-credit.handler.ts';
import type { RefundPaymentRejection } from '../settlement/application/refunds/refund-payment.handler.ts';
import type { EndPpvEventRejection } from '../settlement/application/escrow/end-ppv-event.handler.ts';
import type { MandateCommandRejection } from '../settlement/application/mandates/mandate-command.ts';
import type { OfferRejection } from '../settlement/application/credit/redemption.handlers.ts';
import type { RelayRejection } from '../settlement/application/checkout/relay-payment.handler.ts';
import type { RateTableRejection } from '../settlement/domain/rate-table.ts';
import type { TermsRejection } from '../settlement/domain/terms.ts';

/** Codes that are about the request and not about the business. */
type EdgeCode =
  | 'body_invalid'
  | 'body_malformed'
  | 'body_too_large'
  | 'path_invalid'
  | 'query_invalid'
  | 'idempotency_key_missing'
  | 'idempotency_key_invalid'
  | 'if_match_invalid'
  | 'unauthenticated'
  | 'wallet_not_signed_in'
  | 'sign_in_refused'
  | 'sign_in_elsewhere'
  | 'mandates_too_many'
  | 'forbidden'
  | 'route_not_found'
  | 'method_not_allowed'
  | 'media_type_unsupported'
  | 'request_malformed'
  | 'request_timeout'
  | 'headers_too_large'
  | 'invoice_not_found'
  | 'settlement_not_found'
  | 'provider_not_found'
  | 'api_key_not_found'
  | 'log_not_found'
  | 'log_entry_not_found'
  | 'proof_not_available'
  | 'checkout_not_found'
  | 'quote_not_found'
  | 'redemption_not_found'
  | 'too_many_requests'
  | 'spending_limit'
  | 'chain_unavailable'
  | 'projection_behind'
  | 'log_behind'
  | 'store_unavailable'
  | 'overloaded'
  | 'internal_error';

export type ProblemCode =
  | EdgeCode
  | ExecutionRejection['code']
  | AccountRejection['code']
  | PriceBookRejection['code']
  | TitleRejection['code']
  | InvoiceRejection['code']
  | ProviderRejection['code']
  | AllocationRejection['code']
  | PersonRejection['code']
  | RetentionRejection['code']
  | CheckoutRejection['code']
  | QuoteRejection['code']
  | RateTableRejection['code']
  | TermsRejection['code']
  | ConfigureRejection['code']
  | EndPpvEventRejection['code']
  | RefundPaymentRejection['code']
  | RefundCreditRejection['code']
  | MandateCommandRejection['code']
  | RelayRejection['code']
  | OfferRejection['code'];

export interface Problem {
  readonly status: number;
  readonly title: string;
}

/**
 * Every code that a client can meet, with its HTTP status: 400 malformed, 404 unknown, 409 state, 412 revision, 422 key reused,
 * 503 retry. `docs/reference/errors.md` lists the same set; a test compares both ways.
 */
export const problemCatalog = {
  body_invalid: { status: 400, title: 'A field of the body is missing or wrong.' },
  body_malformed: { status: 400, title: 'The body is not a JSON object.' },
  request_malformed: { status: 400, title: 'The request is not one of HTTP that can be read.' },
  request_timeout: { status: 408, title: 'The request did not arrive in time.' },
  headers_too_large: { status: 431, title: 'The path or the headers are too long.' },
  body_too_large: { status: 413, title: 'The body is too large.' },
  path_invalid: { status: 404, title: 'The path names nothing that can exist.' },
  query_invalid: { status: 400, title: 'A query parameter is wrong.' },
  idempotency_key_missing: { status: 400, title: 'The Idempotency-Key header is missing.' },
  idempotency_key_invalid: { status: 400, title: 'The Idempotency-Key header must be 1 to 255 visible ASCII characters.' },
  if_match_invalid: { status: 400, title: 'The If-Match header must be one entity tag with a revision, for example "3".' },
  wallet_not_signed_in: { status: 401, title: 'No wallet has signed in here, or its time is over.' },
  sign_in_refused: { status: 403, title: 'The signature is not the wallet’s, or what it is over was used or is over.' },
  sign_in_elsewhere: { status: 403, title: 'Wallets sign in at the address of this service alone.' },
  mandates_too_many: { status: 409, title: 'The wallet, or all wallets of the account, set up as many mandates as there may be.' },
  unauthenticated: { status: 401, title: 'The request carries no valid API key.' },
  forbidden: { status: 403, title: 'This API key is for another role.' },
  route_not_found: { status: 404, title: 'There is no such route.' },
  method_not_allowed: { status: 405, title: 'The route does not take this method.' },
  media_type_unsupported: { status: 415, title: 'The body must be application/json.' },
  account_not_found: { status: 404, title: 'There is no such account.' },
  price_book_not_found: { status: 404, title: 'There is no such price book.' },
  title_not_found: { status: 404, title: 'There is no such title.' },
  invoice_not_found: { status: 404, title: 'There is no such invoice.' },
  provider_not_found: { status: 404, title: 'There is no such provider.' },
  api_key_not_found: { status: 404, title: 'There is no such API key.' },
  entry_not_found: { status: 404, title: 'The account has no entry at this revision.' },
  personal_data_not_found: { status: 404, title: 'Nothing is held of the person behind the account.' },
  log_not_found: { status: 404, title: 'There is no such log.' },
  log_entry_not_found: { status: 404, title: 'The log has no such entry or tile.' },
  proof_not_available: { status: 404, title: 'The entry is not covered by a published tree head yet.' },
  account_already_open: { status: 409, title: 'The account is open already.' },
  currency_mismatch: { status: 409, title: 'The amount is in another currency than the account.' },
  source_not_available: { status: 409, title: 'The account cannot be charged from this source.' },
  insufficient_funds: { status: 409, title: 'The wallet does not hold enough.' },
  credit_limit_exceeded: { status: 409, title: 'The charge would exceed the credit limit.' },
  amount_not_payable: { status: 409, title: 'The amount has decimals that nobody can pay.' },
  payment_reference_conflict: { status: 409, title: 'A payment with this reference and another amount was received before.' },
  title_already_purchased: { status: 409, title: 'The account has bought this title already.' },
  settlement_not_found: { status: 404, title: 'There is no such effect on chain.' },
  receipt_not_found: { status: 404, title: 'There is no such unmatched receipt.' },
  receipt_already_allocated: { status: 409, title: 'The receipt was given to an account before.' },
  receipt_not_allocatable: { status: 409, title: 'The receipt is not money in the treasury that an account could be given.' },
  receipt_rate_unknown: { status: 409, title: 'Nobody has said what the token is worth in the currency of the account.' },
  title_grant_not_found: { status: 404, title: 'The account was granted no title for this payment.' },
  title_window_begun: { status: 409, title: 'The window of the title has begun; it stays open and is owed.' },
  settlement_not_final: { status: 409, title: 'The payment is not final on its chain, so nothing can be paid back of it.' },
  nothing_to_refund: { status: 409, title: 'Nothing of the payment is left to be paid back.' },
  refund_above_payment: { status: 409, title: 'More would be paid back than is left of what was paid.' },
  refund_above_unspent: { status: 409, title: 'More credit would be taken back than is left of it: the rest was spent, or is over.' },
  refund_not_whole: { status: 409, title: 'What the escrow holds for a purchase goes back whole or not at all.' },
  refund_address_disputed: { status: 409, title: 'The payer has not signed that its money goes to this address.' },
  payment_unmatched: { status: 409, title: 'The ledger did not ask for this payment, so it is allocated and not paid back.' },
  ppv_event_cancelled: { status: 409, title: 'The event was cancelled: the escrow gives the money back to whoever bought, by anybody.' },
  refund_not_found: { status: 404, title: 'There is no such refund.' },
  title_not_on_sale: { status: 409, title: 'The title is not on sale at this time.' },
  title_already_listed: { status: 409, title: 'The title is listed already.' },
  availability_not_promised: { status: 409, title: 'The terms promise no availability.' },
  outage_period_invalid: { status: 409, title: 'The outage is not over, or not within one cycle of the price.' },
  title_cancelled: { status: 409, title: 'The event of the title is called off.' },
  title_window_invalid: { status: 409, title: 'A time window of the title ends before it begins.' },
  nothing_to_invoice: { status: 409, title: 'The account has no unbilled charges that amount to a payable sum.' },
  invoice_already_issued: { status: 409, title: 'The invoice has a number already.' },
  entry_not_reversible: { status: 409, title: 'An entry of this kind cannot be reversed.' },
  entry_already_reversed: { status: 409, title: 'The entry was reversed before.' },
  charge_already_invoiced: { status: 409, title: 'The charge is on an invoice; it is corrected by a credit note.' },
  band_unknown: { status: 409, title: 'The price book has no rate for this band.' },
  charge_too_large: { status: 409, title: 'The rated charge is larger than any amount of the ledger.' },
  provider_already_registered: { status: 409, title: 'A provider with this name is registered already.' },
  retention_schedule_not_found: { status: 404, title: 'The provider has no retention schedule.' },
  retention_run_open: { status: 409, title: 'A retention run is not finished yet.' },
  personal_data_erased: { status: 409, title: 'The personal data are erased; nothing is added to them.' },
  checkout_not_found: { status: 404, title: 'There is no such checkout.' },
  quote_not_found: { status: 404, title: 'There is no good quote for the token; ask for one.' },
  chain_not_found: { status: 404, title: 'Nobody is paid on this chain; SETTLEMENT_CHAINS of the service does not name it.' },
  terms_contradict: {
    status: 409,
    title: 'The terms say another price, price version, currency or holder of the money than what is to be paid.',
  },
  terms_not_found: { status: 404, title: 'There are no such terms.' },
  slot_not_found: { status: 404, title: 'There is no such settlement slot.' },
  settlement_not_configured: { status: 409, title: 'The provider takes no payments on chain yet.' },
  book_currency_fixed: { status: 409, title: 'The currency of the books was said before, and stays.' },
  escrow_not_available: { status: 409, title: 'The chain has no escrow.' },
  credit_not_available: { status: 409, title: 'The provider sells no prepaid credit in this currency on the chain.' },
  credit_not_issued: { status: 409, title: 'The payment bought no prepaid credit, or it is not given out for good yet.' },
  credit_short: { status: 409, title: 'The account has less prepaid credit under the address than the payment needs.' },
  credit_holder_unknown: { status: 409, title: 'The address holds no prepaid credit of this customer.' },
  slot_not_redeemable: { status: 409, title: 'Prepaid credit pays invoices and titles, and nothing else.' },
  redemption_not_found: { status: 404, title: 'The holder was not offered to pay this with prepaid credit.' },
  invoice_paid: { status: 409, title: 'Nothing is open of the invoice.' },
  amount_exceeds_open: { status: 409, title: 'The amount is larger than what is open.' },
  currency_not_quotable: { status: 409, title: 'An amount in this currency cannot be quoted on chain.' },
  credit_cap_exceeded: { status: 409, title: 'The provider gives out no more credit than this today.' },
  token_misconfigured: { status: 409, title: 'The configuration gives the token other decimals than the token has.' },
  token_not_taken: { status: 409, title: 'The token is not taken here.' },
  rate_not_found: { status: 409, title: 'The provider has no rate for the token in this currency.' },
  rate_stale: { status: 409, title: 'The rate is too old to be locked.' },
  rate_ahead: { status: 409, title: 'The rate is of a time that has not come.' },
  rate_not_newer: { status: 409, title: 'The rate was true before the one that is known.' },
  amount_out_of_range: { status: 409, title: 'The amount is more than the contracts can count.' },
  escrow_too_short: { status: 409, title: 'The escrow must hold the money for at least 14 days.' },
  sale_over: { status: 409, title: 'The event is too near for another offer.' },
  slot_closed: { status: 409, title: 'The payment is final, or was given up.' },
  dispatch_not_found: { status: 404, title: 'There is no such dispatch.' },
  dispatch_under_way: { status: 409, title: 'Something is under way there, and what comes of it is not known yet.' },
  dispatch_done: { status: 409, title: 'It was done on chain, and is not done again or otherwise.' },
  dispatch_not_failed: { status: 409, title: 'Only what failed is ordered again.' },
  dispatch_not_done: { status: 409, title: 'Only what is done can be undone.' },
  dispatch_not_undoable: { status: 409, title: 'It leaves nothing on chain by which one could tell that it is gone.' },
  dispatch_effect_stands: { status: 409, title: 'The chain shows what it did.' },
  dispatch_effect_unseen: { status: 409, title: 'The ledger was never told of what it did.' },
  dispatch_undo_undecided: { status: 409, title: 'Whoever decides this names the digest of what is undone.' },
  dispatch_not_retriable: { status: 409, title: 'It is decided anew where it was decided before.' },
  ppv_event_not_found: { status: 404, title: 'The title is not sold on chain.' },
  capture_too_early: { status: 409, title: 'The event is not over yet.' },
  nothing_held: { status: 409, title: 'The escrow holds nothing for the title in these tokens.' },
  capture_too_late: { status: 409, title: 'The time to take the money is over; anybody may send it back now.' },
  mandate_not_found: { status: 404, title: 'There is no such mandate.' },
  mandate_malformed: { status: 409, title: 'The contract would not take a mandate with these terms.' },
  mandate_revoked: { status: 409, title: 'The mandate is over.' },
  mandate_signature_wrong: { status: 409, title: 'The signature is not of the payer.' },
  mandate_not_signed: { status: 409, title: 'The payer has not agreed to the mandate.' },
  mandate_not_approved: { status: 409, title: 'The contract knows of no approval by the payer.' },
  mandate_not_active: { status: 409, title: 'The mandate does not hold at this time.' },
  mandate_differs: { status: 409, title: 'The slot asks for something else than the mandate is for.' },
  collection_above_invoice: { status: 409, title: 'More would be collected than the invoice asks for.' },
  mandate_cap_exceeded: { status: 409, title: 'More would be collected than the mandate allows.' },
  quote_expired: { status: 409, title: 'The quote is over.' },
  payment_refused: { status: 409, title: 'The contract would refuse the payment.' },
  slot_elsewhere: { status: 409, title: 'The payment is bound to another contract.' },
  slot_bound: { status: 409, title: 'A quote for it may still be paid, or a collection of it is on its way.' },
  slot_cancelled: { status: 409, title: 'It was cancelled at this contract and can never be paid there.' },
  redemption_too_early: { status: 409, title: 'It was kept for prepaid credit for an hour; other ways to pay come first.' },
  redemption_live: { status: 409, title: 'Prepaid credit may still be spent on it.' },
  credit_next: { status: 409, title: 'A holder of prepaid credit has waited for quotes for an hour, and comes next.' },
  quote_live: { status: 409, title: 'Another price is held for the token; ask again.' },
  quote_too_early: { status: 409, title: 'The last offer may still be paid, by the clock of the chain.' },
  revision_mismatch: { status: 412, title: 'The aggregate is not at the revision that If-Match names.' },
  idempotency_key_reused: { status: 422, title: 'The Idempotency-Key was used with another body.' },
  projection_behind: { status: 503, title: 'The read model has not reached the asked position in time.' },
  log_behind: { status: 503, title: 'The log was restored from an older copy and takes no commands until the operator has recovered it.' },
  too_many_requests: { status: 429, title: 'Too much is asked for; Retry-After says when to ask again.' },
  spending_limit: { status: 429, title: 'As much is paid for gas on behalf of payers as a day allows; it can be paid from the wallet.' },
  chain_unavailable: { status: 503, title: 'The chain cannot be asked at the moment.' },
  store_unavailable: { status: 503, title: 'The ledger could not be reached in time; repeat with the same Idempotency-Key.' },
  overloaded: { status: 503, title: 'Too many commands are waiting; repeat later with the same Idempotency-Key.' },
  internal_error: { status: 500, title: 'Something failed on our side.' },
} as const satisfies Record<ProblemCode, Problem>;
