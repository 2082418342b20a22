import { secondsAt } from '../../domain/chain-time.ts';
import { moneyOf } from '../../../money/money.ts';
import { blocksNeeded, confirmedKindOf, type ConfirmationRule } from '../../domain/confirmation-policy.ts';
import type { DispatchFailure } from '../../domain/dispatch.events.ts';
import type { SettlementProfileSet } from '../../domain/settlement-provider.events.ts';
import { deadlineOf, type IssuedQuote, type Slot, tokenOf } from '../../domain/slot.ts';
import type { KnownToken } from '../../domain/token-amount.ts';
import type { SubjectRejection } from './checkout-subject.ts';
import type { SentTransaction } from './payer-desk.ts';
import type { SlotPayment } from './slot-payments.ts';

/**
 * Where a payment stands, for the payer. `waiting`: nothing was seen. `seen`: in a block, or handed to the network. `confirming`: in the
 * ledger, n blocks deep. `confirmed`: deep enough for the service to start. `settled`: final. `expired`: no quote is good; ask for another.
 * `released`: nothing is to be paid here any more.
 */
export const checkoutStates = [
  'waiting',
  'seen',
  'confirming',
  'confirmed',
  'settled',
  'reverted',
  'unmatched',
  'expired',
  'replaced',
  'cancelled',
  'dropped',
  'reorged',
  'released',
] as const;
export type CheckoutState = (typeof checkoutStates)[number];

/** A checkout as far as its payer may know it: what is paid, to whom, and how far that is. No secret, and nobody's personal data. */
export interface CheckoutView {
  readonly state: CheckoutState;
  readonly profile: SettlementProfileSet;
  readonly slot: Exclude<Slot, { readonly status: 'none' }>;
  /** Why nothing is due for it any more; undefined while it is, and once it was paid here. */
  readonly over: SubjectRejection | undefined;
  /** Good at the time of looking, the newest of each token. */
  readonly quotes: readonly IssuedQuote[];
  readonly payment: SlotPayment | undefined;
  /** Blocks that the payment lies deep; undefined where nothing was seen, and where the chain cannot be asked. */
  readonly depth: bigint | undefined;
  /** What is in a block takes longer to become final than the chain takes. */
  readonly isDelayed: boolean;
  /** Blocks that it has to lie deep for the service to start; undefined where only finality will do. */
  readonly blocksNeeded: number | undefined;
  /** What the chain says of the transaction that the payer named; undefined once the books know of the payment themselves. */
  readonly sent: SentTransaction | undefined;
  /** Undefined unless the payer handed us a signature. */
  readonly relay: RelayedPayment | undefined;
  /** The prepaid credit that it can be paid with by whoever holds some; undefined where it cannot. */
  readonly credit: KnownToken | undefined;
}

export function liveQuotes({ quotes, place }: Exclude<Slot, { readonly status: 'none' }>, now: string): IssuedQuote[] {
  const seconds = secondsAt(now);
  const good = quotes.filter(
    ({ terms, chainId, contract }) => seconds < deadlineOf(terms) && chainId === place.chainId && contract === place.contract,
  );
  return [...new Map(good.map((quote) => [tokenOf(quote.terms), quote])).values()];
}

/** How deep the payment of a slot has to lie, by the policy of its chain. */
export function blocksNeededOf({ opened, place }: Exclude<Slot, { readonly status: 'none' }>, rules: readonly ConfirmationRule[]) {
  const kind = confirmedKindOf(place.module === 'escrow' ? 'Purchased' : 'Settled', opened);
  return blocksNeeded(rules, kind, moneyOf(opened.amount, opened.currency));
}

/** What the payer signed, and we bring to the contract. */
export interface RelayedPayment {
  readonly status: 'sending' | 'failed' | 'done';
  /** Where nothing came of it. */
  readonly failure?: DispatchFailure;
  /** Once it is in a final block. */
  readonly tx?: string;
}

export interface CheckoutFacts {
  readonly slot: Exclude<Slot, { readonly status: 'none' }>;
  readonly payment: SlotPayment | undefined;
  /** Did the provider end the slot on chain, where it is bound to? */
  readonly isCancelled: boolean;
  readonly sent: SentTransaction | undefined;
  readonly relay: RelayedPayment | undefined;
  readonly over: SubjectRejection | undefined;
  readonly now: string;
}

/** What the ledger knows goes before what the chain is asked, and that before the clock. */
export function checkoutState({ slot, payment, isCancelled, sent, relay, over, now }: CheckoutFacts): CheckoutState {
  switch (payment?.standing) {
    case 'finalized':
      return 'settled';
    case 'unmatched':
      return 'unmatched';
    case 'confirmed':
      return 'confirmed';
    case 'observed':
      return 'confirming';
    case 'reorged':
      return isUnderWay(sent) ? 'seen' : 'reorged';
    case undefined:
      break;
  }
  if (slot.status === 'closed') return slot.reason === 'settled' ? 'settled' : 'released';
  if (isCancelled) return 'released';
  if (isUnderWay(sent)) return 'seen';
  if (relay?.status === 'sending' || relay?.status === 'done') return 'seen';
  if (over !== undefined) return 'released';
  if (sent !== undefined && isOver(sent)) return sent.state;
  return slot.quotes.length > 0 && liveQuotes(slot, now).length === 0 ? 'expired' : 'waiting';
}

function isUnderWay(sent: SentTransaction | undefined): boolean {
  return sent?.state === 'included' || sent?.state === 'pending';
}

type Over = Extract<SentTransaction, { readonly state: 'reverted' | 'replaced' | 'cancelled' | 'dropped' }>;

/** Did nothing come of the transaction, so that the payer may send another? */
function isOver(sent: SentTransaction): sent is Over {
  return ['reverted', 'replaced', 'cancelled', 'dropped'].includes(sent.state);
}
