import { accept } from '../../commands/domain/decision.ts';
import { creditMoved } from './final-credit.ts';
import { final, type FinalContext, type FinalDecision, moved, posted } from './final-event.ts';
import { captured, netUnits, purchased, refunded, settled } from './final-payments.ts';
import { nativeMoved, transferred, unmatched } from './final-strays.ts';
import { purchaseRefundedPostings } from './settlement-postings.ts';
import type { PendingSettlement } from './settlement.ts';

/** The last event of an effect, by its log. */
export function finalEvent(state: PendingSettlement, context: FinalContext): FinalDecision {
  const { seen } = state;
  const { log } = seen;
  switch (log.name) {
    case 'Settled':
    case 'Collected':
      return seen.payment === undefined
        ? accept(unmatched(state, context, { holding: 'treasury', from: log.payer, units: netUnits(log) }))
        : accept(settled(state, context, { payment: seen.payment, log }));
    case 'Purchased':
      return seen.payment === undefined
        ? accept(unmatched(state, context, { holding: 'escrow', from: log.payer, units: log.amount }))
        : accept(final(state, { payment: seen.payment }, purchased(state, seen.payment)));
    case 'PurchaseRefunded':
      return seen.payment === undefined
        ? accept(unmatched(state, context, { holding: 'escrow', from: log.to, units: log.amount, isOutgoing: true }))
        : accept(
            final(state, { payment: seen.payment }, purchaseRefundedPostings(posted(state, seen.payment), moved(state, seen.payment))),
          );
    case 'Refunded':
      return seen.refund === undefined
        ? accept(unmatched(state, context, { holding: 'refund-float', from: log.to, units: log.amount, isOutgoing: true }))
        : accept(refunded(state, context, seen.refund));
    case 'EventCaptured':
      return captured(state, context, log);
    case 'EventOpened':
    case 'EventCancelled':
      return accept(final(state, { eventId: log.eventId }, []));
    case 'CreditIssued':
    case 'CreditRedeemed':
    case 'CreditExpired':
    case 'CreditRefunded':
      return creditMoved(state, context, log);
    case 'Transfer':
      return transferred(state, context, log);
    case 'NativeMoved':
      return nativeMoved(state, context, log);
    default:
      return accept(final(state, {}, []));
  }
}
