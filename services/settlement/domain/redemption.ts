import { accept, type Decision, reject, repeated } from '../../commands/domain/decision.ts';
import { amountText } from '../../money/money.ts';
import type { EffectOf } from './chain-effect.ts';
import type { HoldingAccounts } from './credit-holder.ts';
import { landingEndOf, type Slot } from './slot.ts';
import type { SlotRejection } from './slot.decider.ts';
import type { RedemptionOffered, SlotEvent } from './slot.events.ts';
import type { SettlementSubject } from './settlement.events.ts';
import { type KnownToken, tokenMoney } from './token-amount.ts';

/* Paying with prepaid credit: what the ledger offers to a holder, and what it makes of that which was spent. */

export type RedemptionRejection =
  | SlotRejection
  /** Credit pays invoices and titles; bought with credit, credit would never end. */
  | { readonly code: 'slot_not_redeemable'; readonly kind: string };

/**
 * Lets a holder pay the slot with credit. Not while a quote may still land: until its deadline and the blocks behind that are past, the payment
 * belongs to the contract that the quote names.
 */
export function offerRedemption(state: Slot, offer: RedemptionOffered, now: string): Decision<SlotEvent, RedemptionRejection> {
  if (state.status === 'none') return reject({ code: 'slot_not_found' });
  if (state.status === 'closed') return reject({ code: 'slot_closed', reason: state.reason });
  const { opened, place, quotes, redemptions } = state;
  if (place.module !== 'settlement') return reject({ code: 'slot_elsewhere', chainId: place.chainId, contract: place.contract });
  if (!isRedeemable(state)) return reject({ code: 'slot_not_redeemable', kind: opened.purpose.kind });
  const known = redemptions.find(({ holder, contract, chainId }) => isSame(offer, { holder, contract, chainId }));
  if (known !== undefined) return repeated(known.revision);
  const until = landingEndOf(quotes);
  if (BigInt(Date.parse(now)) / 1000n < until) return reject({ code: 'slot_bound', until: new Date(Number(until) * 1000).toISOString() });
  return accept({ type: 'RedemptionOffered/1', data: offer });
}

/**
 * Whose credit was spent, and on what: on the slot that was offered to this very holder for these units, or else on nothing. Then it goes to
 * the wallet of the holder's first account in its currency, so that nobody can close somebody else's slot with a unit of its own (A38), and
 * nothing is lost.
 */
export function matchRedemption(
  { chainId, contract, log }: EffectOf<'CreditRedeemed'>,
  { slot, holder, token }: { readonly slot: Slot; readonly holder: HoldingAccounts; readonly token: KnownToken | undefined },
): SettlementSubject {
  const [account] = holder.accounts;
  if (account === undefined) return { unmatched: 'holder_unknown' };
  if (token === undefined) return { unmatched: 'token_unknown' };
  const units = log.amount;
  const credit = { holder: log.holder, account, amount: amountText(tokenMoney(units, token)), currency: token.currency, units };
  if (slot.status === 'none') return { credit };
  const { opened, redemptions } = slot;
  const offered = redemptions.find((each) => isSame(each, { chainId, contract, holder: log.holder }));
  if (offered?.units !== units || offered.invoiceRef !== log.invoiceRef) return { credit };
  return { credit: { ...credit, account: opened.account, slot: opened.seq, purpose: opened.purpose } };
}

/** Whether a payment was made with credit, by the id of its settlement. */
export function isRedemption(settlement: string): boolean {
  return settlement.split('.')[2] === 'redeem';
}

/** Whether credit pays what the slot is for. */
export function isRedeemable({ opened }: Exclude<Slot, { readonly status: 'none' }>): boolean {
  return opened.purpose.kind === 'invoice' || opened.purpose.kind === 'title';
}

type Place = Pick<RedemptionOffered, 'chainId' | 'contract' | 'holder'>;

function isSame(left: Place, right: Place): boolean {
  return left.chainId === right.chainId && left.contract === right.contract && left.holder === right.holder;
}
