import { accept, type Decision, reject } from '../../commands/domain/decision.ts';
import { amountText, moneyOf } from '../../money/money.ts';
import { credit, mirrored, type Posting } from '../../money/posting.ts';
import type { AccountEvent, ChargePosted, EntryReversed, PaymentReceived, TitlePurchased, ToppedUp } from './account.events.ts';
import type { AccountRejection, ReverseEntryData } from './account.commands.ts';
import type { Account, OpenAccount } from './open-account.ts';
import { walletAvailable } from './charging.decider.ts';
import { ledgerAccount, overpaidBucket } from './chart.ts';

/** Takes back one event, whole, by mirrored postings. We reverse; nothing is edited or deleted. */
export function reverseEntry(account: Account, data: ReverseEntryData): Decision<AccountEvent, AccountRejection> {
  if (account.status === 'none') return reject({ code: 'account_not_found' });
  const { original } = data;
  if (original === undefined) return reject({ code: 'entry_not_found' });
  const { event, revision } = original;
  if (!isReversible(event)) return reject({ code: 'entry_not_reversible', type: event.type });
  if (account.reversed.has(revision)) return reject({ code: 'entry_already_reversed', revision: revision.toString() });
  const isInvoiced = isOnInvoice(account, event, revision);
  if (isInvoiced && data.invoicedToWallet !== true) return reject({ code: 'charge_already_invoiced', revision: revision.toString() });
  const effects = isInvoiced ? { ...effectsOf(event), ...inWallet(event) } : effectsOf(event);
  const { currency } = account;
  const walletAfter = walletAvailable(account) + moneyOf(effects.wallet, currency).amount;
  if (effects.wallet.startsWith('-') && walletAfter < 0n) {
    const available = amountText({ amount: walletAvailable(account), currency });
    return reject({ code: 'insufficient_funds', available, required: effects.wallet.slice(1), currency });
  }
  return accept({
    type: 'EntryReversed/1',
    data: {
      account: account.account,
      reverses: { event: original.id, revision: revision.toString(), type: event.type },
      amount: event.data.amount,
      currency: event.data.currency,
      reason: data.reason,
      effects,
      effectiveAt: data.effectiveAt,
      postings: isInvoiced ? toWallet(account, event) : mirrored(event.data.postings),
    },
  });
}

type ReversibleEvent = Extract<AccountEvent, { readonly data: ToppedUp | ChargePosted | TitlePurchased | PaymentReceived }>;

function isReversible(event: AccountEvent): event is ReversibleEvent {
  switch (event.type) {
    case 'ToppedUp/1':
    case 'ChargePosted/1':
    case 'TitlePurchased/1':
    case 'PaymentReceived/1':
      return true;
    default:
      return false;
  }
}

/** A charge on an invoice is corrected by a credit note: the issued document stays as it is. */
function isOnInvoice(account: OpenAccount, event: ReversibleEvent, revision: bigint): boolean {
  const chargesInvoice = (event.type === 'ChargePosted/1' || event.type === 'TitlePurchased/1') && event.data.source === 'invoice';
  return chargesInvoice && revision <= account.closedTo;
}

/** Owed and perhaps paid by now: whatever becomes of the invoice, the customer has the amount. */
function inWallet({ data: { amount, currency } }: ReversibleEvent): { readonly wallet: string; readonly unbilled: string } {
  return { wallet: amount, unbilled: amountText({ amount: 0n, currency: moneyOf(amount, currency).currency }) };
}

/** What was earned is given up; it was in `unbilled` once, and the invoice has taken it from there. */
function toWallet({ account }: OpenAccount, { data: { amount, currency, postings } }: ReversibleEvent): Posting[] {
  const earned = mirrored(postings).filter(({ direction }) => direction === 'debit');
  return earned.length === 0 ? [] : [...earned, credit(ledgerAccount.wallet(account, overpaidBucket), moneyOf(amount, currency))];
}

function effectsOf(event: ReversibleEvent): EntryReversed['effects'] {
  const { amount, currency } = event.data;
  const zero = amountText({ amount: 0n, currency: moneyOf(amount, currency).currency });
  const none = { wallet: zero, unbilled: zero, reopened: [] };
  switch (event.type) {
    case 'ToppedUp/1':
      return { ...none, wallet: negated(amount) };
    case 'ChargePosted/1':
      return { ...none, ...givenBack(event.data) };
    case 'TitlePurchased/1':
      return { ...none, ...givenBack(event.data), title: event.data.title.id };
    case 'PaymentReceived/1':
      return { ...none, wallet: negated(event.data.overpaid), reopened: event.data.allocations };
  }
}

function givenBack({ source, amount }: ChargePosted | TitlePurchased): { wallet: string } | { unbilled: string } {
  return source === 'wallet' ? { wallet: amount } : { unbilled: negated(amount) };
}

/** Of a text above or equal to zero. */
function negated(amount: string): string {
  return /[1-9]/.test(amount) ? `-${amount}` : amount;
}
