import type { ChainEffect } from './chain-effect.ts';
import type { OrderEvent } from './dispatch.events.ts';

export type ExpectedEffect = Pick<ChainEffect, 'effect' | 'key'>;

/**
 * What has to be final on chain, all of it, once an order was carried out, by whichever transaction. Nothing for a revocation and an expiry:
 * a mandate that was ended already and credit that was burnt already make them do nothing.
 */
export function effectsOf({ type, data }: OrderEvent): readonly ExpectedEffect[] {
  switch (type) {
    case 'RefundOrdered/1':
      return [{ effect: 'refund', key: data.refundSeq }];
    case 'CaptureOrdered/1':
      return data.tokens.map((token) => ({ effect: 'capture', key: `${data.eventId}.${token}` }));
    case 'EventCancelOrdered/1':
      return [{ effect: 'cancel', key: data.eventId }];
    case 'PurchaseRefundOrdered/1':
      return [{ effect: 'purchase-refund', key: data.slot }];
    case 'RefundClaimOrdered/1':
      return data.slots.map((slot) => ({ effect: 'purchase-refund', key: slot }));
    case 'CollectOrdered/1':
    case 'RelayOrdered/1':
      return [{ effect: 'slot', key: data.slot }];
    case 'CreditIssueOrdered/1':
      return [{ effect: 'issue', key: data.slot }];
    case 'CreditRefundOrdered/1':
      return [{ effect: 'credit-refund', key: data.refundSeq }];
    case 'RedemptionOrdered/1':
      return [{ effect: 'redeem', key: `${data.holder}.${data.slot}` }];
    case 'RevocationOrdered/1':
    case 'CreditExpiryOrdered/1':
      return [];
  }
}
