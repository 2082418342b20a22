import { accept, type Decision, reject, repeated } from '../../commands/domain/decision.ts';
import { amountText, type Money } from '../../money/money.ts';
import { credit, debit } from '../../money/posting.ts';
import type { TitleGranted, TitleGrantEnded } from './account-settlement.events.ts';
import { paidBy, type TitleGrant } from './known-settlements.ts';
import type { AccountRejection } from './account.commands.ts';
import type { AccountEvent } from './account.events.ts';
import type { Account, OpenAccount } from './open-account.ts';
import { currencyMismatch, textOf } from './charging.decider.ts';
import { ledgerAccount, overpaidBucket } from './chart.ts';

/* Titles that are paid on chain. Rejections are listed in precedence order. */

type AccountDecision = Decision<AccountEvent, AccountRejection>;

export interface GrantTitleData extends Pick<
  TitleGranted,
  'settlement' | 'slot' | 'purchase' | 'product' | 'hold' | 'title' | 'entitlement' | 'tx' | 'effectiveAt'
> {
  readonly price: Money;
}

/**
 * Opens the window of a title whose payment is deep enough. Sold outright it is owed from here on, until the payment is final; what the
 * escrow holds is not earned yet. What the account has already is granted to it no second time, wherever the money is. A grant that a reorg ended
 * is given anew when the payment comes again; one that ended for another reason has ended.
 */
export function grantTitle(account: Account, data: GrantTitleData): AccountDecision {
  if (account.status === 'none') return reject({ code: 'account_not_found' });
  if (data.price.currency !== account.currency) return reject(currencyMismatch(account, data.price));
  const known = account.grants.get(data.slot);
  if (known?.status === 'open' || (known?.status === 'ended' && known.reason !== 'reorged')) return repeated(known.revision);
  if (account.purchases.has(data.title.id)) return reject({ code: 'title_already_purchased', title: data.title.id });
  const { price, ...facts } = data;
  const postings =
    data.hold === 'receivable'
      ? [debit(ledgerAccount.receivable(account.account), price), credit(ledgerAccount.revenue(data.product), price)]
      : [];
  return accept({ type: 'TitleGranted/1', data: { account: account.account, ...facts, ...textOf(price), postings } });
}

export interface EndTitleGrantData {
  readonly slot: string;
  readonly reason: TitleGrantEnded['reason'];
  readonly effectiveAt: string;
}

/**
 * Closes the window of a title: its payment is gone from the chain, or goes back. Once the window of a title sold outright has begun, the
 * customer owes it whatever becomes of the payment, and it stays; not so where its event is called off. What was paid of it and did not go
 * back is the customer's, in the wallet; not so where the escrow itself gave it back.
 */
export function endTitleGrant(account: Account, { slot, reason, effectiveAt }: EndTitleGrantData): AccountDecision {
  if (account.status === 'none') return reject({ code: 'account_not_found' });
  const grant = account.grants.get(slot);
  if (grant === undefined) return reject({ code: 'title_grant_not_found', slot });
  if (grant.status === 'ended') return repeated(grant.revision);
  if (grant.granted.hold === 'receivable' && reason !== 'event_cancelled' && effectiveAt >= grant.granted.entitlement.from) {
    return reject({ code: 'title_window_begun', from: grant.granted.entitlement.from });
  }
  const { postings, ...end } = endOf(account, grant);
  const part = reason === 'refunded' ? 0n : (paidBy(account, slot)?.part ?? 0n);
  if (part === 0n) return accept({ type: 'TitleGrantEnded/1', data: { ...end, reason, effectiveAt, postings } });
  const kept = { amount: part, currency: account.currency };
  const lines = [
    debit(ledgerAccount.revenue(grant.granted.product), kept),
    credit(ledgerAccount.wallet(account.account, overpaidBucket), kept),
  ];
  return accept({
    type: 'TitleGrantEnded/1',
    data: { ...end, reason, wallet: amountText(kept), effectiveAt, postings: [...postings, ...lines] },
  });
}

/** Of a title whose payment goes back whole. What it had earned is given up by the refund itself, but for what was never paid of it. */
export function endedByRefund(account: OpenAccount, grant: TitleGrant, effectiveAt: string): AccountEvent {
  return { type: 'TitleGrantEnded/1', data: { ...endOf(account, grant), reason: 'refunded', effectiveAt } };
}

/** What is owed for the title is not owed any more, and was never earned. What was paid of it is another matter. */
function endOf({ account, currency: owedIn }: OpenAccount, { granted, revision, owed }: TitleGrant) {
  const { slot, purchase, amount, currency, title, product } = granted;
  const money = { amount: owed, currency: owedIn };
  const postings = owed > 0n ? [credit(ledgerAccount.receivable(account), money), debit(ledgerAccount.revenue(product), money)] : [];
  return { account, slot, purchase, granted: revision.toString(), amount, currency, title, postings };
}

export interface CaptureTitleData {
  readonly slot: string;
  readonly settlement: string;
  /** The settlement that the slot was paid by. */
  readonly paidBy: string;
  readonly amount: Money;
  readonly product: string;
  readonly effectiveAt: string;
}

/**
 * The escrow was captured: what it held of this account for a purchase is earned. Where nothing was granted for it, because the account had the
 * title already, it is the customer's, like any second payment.
 */
export function captureTitle(account: Account, { amount, paidBy: payment, ...facts }: CaptureTitleData): AccountDecision {
  if (account.status === 'none') return reject({ code: 'account_not_found' });
  if (amount.currency !== account.currency) return reject(currencyMismatch(account, amount));
  const known = account.captured.get(facts.slot);
  if (known !== undefined) return repeated(known);
  const data = { account: account.account, ...facts, ...textOf(amount) };
  const released = debit(ledgerAccount.ppvEscrow(account.account), amount);
  if (account.grants.get(facts.slot)?.status === 'open') {
    return accept({
      type: 'TitleCaptured/1',
      data: { ...data, postings: [released, credit(ledgerAccount.revenue(facts.product), amount)] },
    });
  }
  const overpaid = { settlement: payment, wallet: amountText(amount) };
  const kept = credit(ledgerAccount.wallet(account.account, overpaidBucket), amount);
  return accept({ type: 'TitleCaptured/1', data: { ...data, overpaid, postings: [released, kept] } });
}
