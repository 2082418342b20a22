import type { Aggregate, Placed } from '../../commands/domain/aggregate.ts';
import type { Currency } from '../../money/currency.ts';
import { moneyOf } from '../../money/money.ts';
import {
  type AccountEvent,
  accountEvents,
  type Billing,
  type ChargesClosed,
  type EntryReversed,
  type PaymentReceived,
  type TitlePurchased,
} from './account.events.ts';

/** An invoice as the account sees it: what is still owed, oldest first. */
export interface OpenInvoice {
  readonly invoice: string;
  /** At ledger scale, above zero. */
  readonly open: bigint;
}

export interface OpenAccount {
  readonly status: 'open';
  readonly account: string;
  readonly billing: Billing;
  readonly currency: Currency;
  /** All amounts are at the currency's ledger scale. */
  readonly creditLimit: bigint;
  /** What the provider owes the customer; below zero only on credit. */
  readonly wallet: bigint;
  /** Charged since the last invoice. */
  readonly unbilled: bigint;
  readonly openInvoices: readonly OpenInvoice[];
  /** Every invoice in the order of closing: a reversed payment puts its invoices back in their places. */
  readonly invoiceOrder: readonly string[];
  /** Charges at or below this revision are on an invoice. */
  readonly closedTo: bigint;
  /** Revision of the last event. */
  readonly revision: bigint;
  /** Revisions of events that were taken back. */
  readonly reversed: ReadonlySet<bigint>;
  /** Payments by method and the payer's reference. */
  readonly payments: ReadonlyMap<string, KnownPayment>;
  /** Titles bought and not taken back, with the revision of the purchase. */
  readonly purchases: ReadonlyMap<string, bigint>;
}

export interface KnownPayment {
  readonly revision: bigint;
  readonly amount: bigint;
}

export type Account = { readonly status: 'none' } | OpenAccount;

export const account: Aggregate<Account, AccountEvent> = {
  initial: { status: 'none' },
  evolve,
  version: 1,
  events: accountEvents,
};

/** The key under which a payment is known: the same payment reported twice has the same one. */
export function paymentKey({ method, reference }: Pick<PaymentReceived, 'method' | 'reference'>): string {
  return `${method}\n${reference}`;
}

function evolve(state: Account, { event, revision }: Placed<AccountEvent>): Account {
  if (event.type === 'AccountOpened/1') {
    const { account: id, billing, creditLimit, currency } = event.data;
    const limit = moneyOf(creditLimit, currency);
    return {
      status: 'open',
      account: id,
      billing,
      currency: limit.currency,
      creditLimit: limit.amount,
      wallet: 0n,
      unbilled: 0n,
      openInvoices: [],
      invoiceOrder: [],
      closedTo: revision,
      revision,
      reversed: new Set(),
      payments: new Map(),
      purchases: new Map(),
    };
  }
  if (state.status === 'none') return state; // Nothing can precede the opening; `evolve` takes it all the same.
  const moved = { ...state, revision };
  switch (event.type) {
    case 'ToppedUp/1':
      return { ...moved, wallet: state.wallet + amountOf(event.data) };
    case 'ChargePosted/1':
      return charged(moved, event.data.source, amountOf(event.data));
    case 'TitlePurchased/1':
      return purchased(moved, event.data, revision);
    case 'PaymentReceived/1':
      return paid(moved, event.data, revision);
    case 'ChargesClosed/1':
      return closed(moved, event.data);
    case 'EntryReversed/1':
      return reversed(moved, event.data);
  }
}

function charged(state: OpenAccount, source: 'wallet' | 'invoice', amount: bigint): OpenAccount {
  return source === 'wallet' ? { ...state, wallet: state.wallet - amount } : { ...state, unbilled: state.unbilled + amount };
}

function purchased(state: OpenAccount, data: TitlePurchased, revision: bigint): OpenAccount {
  const purchases = new Map(state.purchases).set(data.title.id, revision);
  return { ...charged(state, data.source, amountOf(data)), purchases };
}

function paid(state: OpenAccount, data: PaymentReceived, revision: bigint): OpenAccount {
  return {
    ...state,
    wallet: state.wallet + moneyOf(data.overpaid, data.currency).amount,
    openInvoices: withOpen(state, data, -1n),
    payments: new Map(state.payments).set(paymentKey(data), { revision, amount: amountOf(data) }),
  };
}

function closed(state: OpenAccount, data: ChargesClosed): OpenAccount {
  return {
    ...state,
    unbilled: state.unbilled - moneyOf(data.net, data.currency).amount,
    openInvoices: [...state.openInvoices, { invoice: data.invoice, open: moneyOf(data.payable, data.currency).amount }],
    invoiceOrder: [...state.invoiceOrder, data.invoice],
    closedTo: BigInt(data.toRevision),
  };
}

/** A reversal says in its effects what it undoes, so that replay needs no look back. */
function reversed(state: OpenAccount, data: EntryReversed): OpenAccount {
  const { effects } = data;
  const purchases = new Map(state.purchases);
  if (effects.title !== undefined) purchases.delete(effects.title);
  return {
    ...state,
    wallet: state.wallet + moneyOf(effects.wallet, data.currency).amount,
    unbilled: state.unbilled + moneyOf(effects.unbilled, data.currency).amount,
    openInvoices: withOpen(state, { allocations: effects.reopened, currency: data.currency }, 1n),
    reversed: new Set(state.reversed).add(BigInt(data.reverses.revision)),
    purchases,
  };
}

/** Open amounts after allocations are taken off (-1) or put back (+1), in the order of closing; what is paid leaves the list. */
function withOpen(
  state: OpenAccount,
  { allocations, currency }: Pick<PaymentReceived, 'allocations' | 'currency'>,
  sign: 1n | -1n,
): readonly OpenInvoice[] {
  if (allocations.length === 0) return state.openInvoices;
  const open = new Map(state.openInvoices.map((each) => [each.invoice, each.open]));
  for (const each of allocations) open.set(each.invoice, (open.get(each.invoice) ?? 0n) + sign * moneyOf(each.amount, currency).amount);
  return state.invoiceOrder
    .filter((invoice) => (open.get(invoice) ?? 0n) !== 0n)
    .map((invoice) => ({ invoice, open: open.get(invoice) as bigint }));
}

function amountOf({ amount, currency }: { readonly amount: string; readonly currency: string }): bigint {
  return moneyOf(amount, currency).amount;
}
