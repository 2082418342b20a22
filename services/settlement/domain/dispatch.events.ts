import { EventTypes } from '../../event-store/domain/event-types.ts';
import type { MandateTerms } from './mandate-terms.ts';
import type { SignedTerms } from './quote.ts';

/*
 * Facts of a dispatch, stream `<slug>.dispatch-<id>`: something that our keys bring onto a chain. The order is a fact before anything is
 * signed, and nothing is signed without one. What the transaction then does is told by the watcher, in the streams of settlements; here it
 * only says whether the transaction went through. Numbers are decimal text, addresses and words lower-case 0x-hex.
 */

/** Where the transaction goes. */
export type DispatchTarget = {
  readonly chainId: string;
  readonly contract: string;
  /** On chain. */
  readonly providerId: string;
};

/** Money goes back to a payer: `refund` of ProviderSettlement. */
export type RefundOrdered = DispatchTarget & {
  /** The decision of the account that this carries out. */
  readonly refund: string;
  /** The refund's own slot on chain: each is paid once. */
  readonly refundSeq: string;
  readonly settlement: string;
  /** What was paid, and goes back. */
  readonly slot: string;
  readonly account: string;
  readonly amount: string;
  readonly currency: string;
  readonly token: string;
  /** The token's place in the money table, with what goes back in major units and in units of the token. */
  readonly tokenCurrency: string;
  readonly tokenAmount: string;
  readonly tokenUnits: string;
  readonly to: string;
  /** `reason` on chain is the hash of the refund's id under this salt. */
  readonly salt: string;
  readonly reason: string;
};

/** What the escrow holds for an event goes to the treasury: `captureEvent` of PpvEscrow. */
export type CaptureOrdered = DispatchTarget & { readonly title: string; readonly eventId: string; readonly tokens: readonly string[] };

/** What the escrow holds for an event goes back to whoever bought: `cancelEvent` of PpvEscrow. */
export type EventCancelOrdered = DispatchTarget & { readonly title: string; readonly eventId: string };

/** What the escrow holds for one purchase goes back to who bought, while the event is open: `refundPurchase` of PpvEscrow. */
export type PurchaseRefundOrdered = DispatchTarget & {
  readonly refund: string;
  readonly settlement: string;
  readonly slot: string;
  readonly account: string;
  readonly eventId: string;
  readonly amount: string;
  readonly currency: string;
  readonly token: string;
  readonly tokenCurrency: string;
  readonly tokenAmount: string;
  /** Who bought: the escrow pays nobody else. */
  readonly to: string;
  readonly reason: string;
};

/** What the escrow holds for purchases of a cancelled event goes back to whoever bought each: `claimRefunds` of PpvEscrow. */
export type RefundClaimOrdered = DispatchTarget & {
  readonly eventId: string;
  readonly token: string;
  /** Of the purchases, in this token. What went back meanwhile is left out when it is sent. */
  readonly slots: readonly string[];
};

/** What an invoice asks for is pulled under a mandate: `collect` of ProviderSettlement. */
export type CollectOrdered = DispatchTarget & {
  readonly mandate: string;
  readonly terms: MandateTerms;
  /** Of the payer, over the mandate. */
  readonly signature: string;
  /** The decision of the mandate that this carries out. */
  readonly decision: string;
  readonly slot: string;
  readonly invoiceRef: string;
  readonly account: string;
  readonly amount: string;
  readonly currency: string;
  readonly tokenUnits: string;
  /** Seconds since 1970: from then on the rate is not good any more, and what no block took is given up. */
  readonly deadline: string;
  /** The payer asked for it; absent where the provider did. */
  readonly byPayer?: true;
};

/** The payer ends a mandate by a signature: `revokeBySig` of ProviderSettlement. */
export type RevocationOrdered = DispatchTarget & {
  readonly mandate: string;
  readonly terms: MandateTerms;
  /** Of the payer, over `Revoke(mandate)`. */
  readonly signature: string;
};

/** Prepaid credit that was paid for is given out: `issue` of PrepaidCredit. */
export type CreditIssueOrdered = DispatchTarget & {
  readonly settlement: string;
  /** Also the issue's number on chain: each is given out once. */
  readonly slot: string;
  readonly account: string;
  readonly amount: string;
  readonly currency: string;
  readonly to: string;
  /** Units of the credit. */
  readonly units: string;
  /** Months since January 2020. */
  readonly epoch: string;
  readonly ref: string;
};

/** Prepaid credit is taken back, and its money is paid elsewhere: `refundCredit` of PrepaidCredit. */
export type CreditRefundOrdered = DispatchTarget & {
  /** The decision that this carries out, with its number on chain: each is done once. */
  readonly refund: string;
  readonly refundSeq: string;
  /** What it was bought in. */
  readonly slot: string;
  readonly account: string;
  readonly amount: string;
  readonly currency: string;
  readonly holder: string;
  readonly units: string;
  readonly ref: string;
};

/** Prepaid credit that nobody can spend or give back any more is burnt: `expire` of PrepaidCredit. */
export type CreditExpiryOrdered = DispatchTarget & {
  readonly holder: string;
  /** The last month that is burnt; older ones go with it. */
  readonly epoch: string;
};

/** A holder's signature over what it spends is brought to the contract at our cost: `redeemWithSig` of PrepaidCredit. */
export type RedemptionOrdered = DispatchTarget & {
  readonly slot: string;
  readonly holder: string;
  readonly units: string;
  readonly invoiceRef: string;
  /** Seconds since 1970. */
  readonly deadline: string;
  readonly signature: string;
};

/** A payer's signature is brought to the contract at our cost: `payWithAuthorization` or `payWithPermit2`. */
export type RelayOrdered = DispatchTarget & {
  readonly slot: string;
  readonly method: 'authorization' | 'permit2';
  readonly payer: string;
  /** Of the payer: over the token's authorization, or over Permit2's transfer with the quote as witness. */
  readonly signature: string;
  /** Of Permit2; `0` for an authorization, whose nonce is the hash of the quote. */
  readonly nonce: string;
  readonly terms: SignedTerms;
  readonly structHash: string;
  readonly signer: string;
  readonly quoteSignature: string;
};

/** Why nothing came of an order. */
export type DispatchFailure =
  /** The contract refused it: when it was tried out, or in a block. */
  | { readonly code: 'reverted'; readonly error: string }
  /** It would have taken more gas than is given for it, or the key's whole allowance of a step was used up by somebody else. */
  | { readonly code: 'gas_above_ceiling' | 'approval_ineffective' }
  /** The payer of a mandate holds too little of the token, or has allowed the contract too little of it. In units of the token. */
  | { readonly code: 'balance_short' | 'allowance_short'; readonly needed: string; readonly held: string }
  /** The payer has ended the mandate since it was ordered. */
  | { readonly code: 'mandate_revoked' }
  /** The payment that bought the credit is not on the chain any more. */
  | { readonly code: 'payment_reversed' }
  /** What was signed is not good any more, and no block took it in time. */
  | { readonly code: 'expired' }
  /** The provider's allowance of relayed gas for the day is used up. */
  | { readonly code: 'spending_limit'; readonly spent: string; readonly limit: string }
  /** Everybody whom it was to be paid to has the money already, or somebody else has burnt what was to be burnt. */
  | { readonly code: 'nothing_left' };

/** Nothing came of the order, and nothing will: the money stays where it is. */
export type DispatchFailed = {
  /** Revision of the order in this stream. */
  readonly ordered: string;
  /** Absent where nothing was sent. */
  readonly tx?: string;
  readonly failure: DispatchFailure;
};

/** The transaction went through, in a block that is final. */
export type DispatchDone = {
  readonly ordered: string;
  readonly tx: string;
  readonly block: { readonly number: string; readonly hash: string; /** ISO text. */ readonly time: string };
  readonly gas: string;
  /** In wei. */
  readonly fee: string;
};

/**
 * The block was not final after all: it is gone, and what the transaction did was taken back. The order is open again, with what was signed for
 * it: the same bytes, under the same nonce, can be in one block only.
 */
export type DispatchUndone = {
  readonly ordered: string;
  /** Which was said to be done. */
  readonly tx: string;
  /** What the ledger took back: settlements by their id, with the revision that did. */
  readonly effects: readonly { readonly settlement: string; readonly revision: string }[];
  /** In the words of who decided it. */
  readonly reason: string;
};

export type OrderEvent =
  | { readonly type: 'RefundOrdered/1'; readonly data: RefundOrdered }
  | { readonly type: 'CaptureOrdered/1'; readonly data: CaptureOrdered }
  | { readonly type: 'EventCancelOrdered/1'; readonly data: EventCancelOrdered }
  | { readonly type: 'PurchaseRefundOrdered/1'; readonly data: PurchaseRefundOrdered }
  | { readonly type: 'RefundClaimOrdered/1'; readonly data: RefundClaimOrdered }
  | { readonly type: 'CollectOrdered/1'; readonly data: CollectOrdered }
  | { readonly type: 'RevocationOrdered/1'; readonly data: RevocationOrdered }
  | { readonly type: 'CreditIssueOrdered/1'; readonly data: CreditIssueOrdered }
  | { readonly type: 'CreditRefundOrdered/1'; readonly data: CreditRefundOrdered }
  | { readonly type: 'CreditExpiryOrdered/1'; readonly data: CreditExpiryOrdered }
  | { readonly type: 'RedemptionOrdered/1'; readonly data: RedemptionOrdered }
  | { readonly type: 'RelayOrdered/1'; readonly data: RelayOrdered };

export type DispatchEvent =
  | OrderEvent
  | { readonly type: 'DispatchFailed/1'; readonly data: DispatchFailed }
  | { readonly type: 'DispatchDone/1'; readonly data: DispatchDone }
  | { readonly type: 'DispatchUndone/1'; readonly data: DispatchUndone };

export const dispatchEvents = new EventTypes<DispatchEvent>({
  'RefundOrdered/1': [],
  'CaptureOrdered/1': [],
  'EventCancelOrdered/1': [],
  'PurchaseRefundOrdered/1': [],
  'RefundClaimOrdered/1': [],
  'CollectOrdered/1': [],
  'RevocationOrdered/1': [],
  'CreditIssueOrdered/1': [],
  'CreditRefundOrdered/1': [],
  'CreditExpiryOrdered/1': [],
  'RedemptionOrdered/1': [],
  'RelayOrdered/1': [],
  'DispatchFailed/1': [],
  'DispatchDone/1': [],
  'DispatchUndone/1': [],
});

/** Which kind of transaction an order is for. */
export const operations = [
  'refund',
  'capture',
  'cancel',
  'purchase-refund',
  'claim',
  'collect',
  'revoke',
  'issue',
  'credit-refund',
  'expire',
  'redeem',
  'relay',
] as const;
export type Operation = (typeof operations)[number];

const operationOfType: Readonly<Record<OrderEvent['type'], Operation>> = {
  'RefundOrdered/1': 'refund',
  'CaptureOrdered/1': 'capture',
  'EventCancelOrdered/1': 'cancel',
  'PurchaseRefundOrdered/1': 'purchase-refund',
  'RefundClaimOrdered/1': 'claim',
  'CollectOrdered/1': 'collect',
  'RevocationOrdered/1': 'revoke',
  'CreditIssueOrdered/1': 'issue',
  'CreditRefundOrdered/1': 'credit-refund',
  'CreditExpiryOrdered/1': 'expire',
  'RedemptionOrdered/1': 'redeem',
  'RelayOrdered/1': 'relay',
};

export function operationOf({ type }: Pick<OrderEvent, 'type'>): Operation {
  return operationOfType[type];
}

/** The id of the dispatch that an order belongs to. What excludes each other on chain, or is the same there, shares one. */
export function dispatchIdOf({ type, data }: OrderEvent): string {
  switch (type) {
    case 'RefundOrdered/1':
      return refundDispatchId(data.refundSeq);
    case 'CaptureOrdered/1':
    case 'EventCancelOrdered/1':
      return `event.${data.chainId}.${data.eventId}`;
    case 'PurchaseRefundOrdered/1':
      return purchaseRefundDispatchId(data.slot);
    case 'RefundClaimOrdered/1':
      return `claim.${data.chainId}.${data.eventId}.${data.slots[0]}`;
    case 'CollectOrdered/1':
      return collectionDispatchId(data.slot);
    case 'RevocationOrdered/1':
      return `revoke.${data.mandate}`;
    case 'CreditIssueOrdered/1':
      return issueDispatchId(data.slot);
    case 'CreditRefundOrdered/1':
      return creditRefundDispatchId(data.refundSeq);
    case 'CreditExpiryOrdered/1':
      return `expire.${data.chainId}.${data.holder}.${data.epoch}`;
    case 'RedemptionOrdered/1':
      return redemptionDispatchId(data.slot, data.holder);
    case 'RelayOrdered/1':
      return relayDispatchId(data.structHash);
  }
}

/** The dispatch of a refund by its number on chain: what a `Refunded` of that number was ordered by. */
export function refundDispatchId(refundSeq: string): string {
  return `refund.${refundSeq}`;
}

/** The dispatch that brings the payer's signature for a quote to the contract. */
export function relayDispatchId(structHash: string): string {
  return `relay.${structHash}`;
}

/** The dispatch that collects a slot under a mandate. */
export function collectionDispatchId(slot: string): string {
  return `collect.${slot}`;
}

/** The dispatch that brings a holder's signature over what it spends on a slot to the token. */
export function redemptionDispatchId(slot: string, holder: string): string {
  return `redeem.${slot}.${holder}`;
}

/** The dispatch of an escrowed purchase that goes back. */
export function purchaseRefundDispatchId(slot: string): string {
  return `purchase.${slot}`;
}

/** The dispatch of an issue by its number on chain, which is its slot. */
export function issueDispatchId(slot: string): string {
  return `issue.${slot}`;
}

/** The dispatch of credit that is taken back, by its number on chain. */
export function creditRefundDispatchId(refundSeq: string): string {
  return `creditrefund.${refundSeq}`;
}
