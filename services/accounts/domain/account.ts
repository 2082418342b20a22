import type { Aggregate, Placed } from '../../commands/domain/aggregate.ts';
import { moneyOf } from '../../money/money.ts';
import { signedAmount } from '../../money/posting.ts';
import { settledAccount } from './account-settlement.ts';
import {
  type AccountEvent,
  accountEvents,
  type ChargesClosed,
  type EntryReversed,
  type PaymentReceived,
  type TitlePurchased,
} from './account.events.ts';
import { bucketOf, moneyBucket } from './chart.ts';
import { noSettlements } from './known-settlements.ts';
import type { Account, OpenAccount } from './open-account.ts';
import { withOpen } from './open-invoices.ts';
import { withSla } from './sla.ts';

export const account: Aggregate<Account, AccountEvent> = {
  initial: { status: 'none' },
  evolve,
  version: 9,
  events: accountEvents,
};

/** The key under which a payment is known: the same payment reported twice has the same one. */
export function paymentKey({ method, reference }: Pick<PaymentReceived, 'method' | 'reference'>): string {
  return `${method}\n${reference}`;
}

/** What lies in a bucket of the wallet. Of the customer's money proper that may be below zero. */
export function heldIn({ wallet, buckets }: Pick<OpenAccount, 'wallet' | 'buckets'>, bucket: string): bigint {
  if (bucket !== moneyBucket) return buckets.get(bucket) ?? 0n;
  return [...buckets.values()].reduce((left, held) => left - held, wallet);
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
      buckets: new Map(),
      unbilled: 0n,
      openInvoices: [],
      invoiceOrder: [],
      closedTo: revision,
      revision,
      reversed: new Set(),
      payments: new Map(),
      purchases: new Map(),
      outageCycles: new Map(),
      ...noSettlements,
    };
  }
  if (state.status === 'none') return state; // Nothing can precede the opening; `evolve` takes it all the same.
  const moved = { ...state, revision, buckets: bucketsAfter(state, event) };
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
    case 'OutageRecorded/1':
    case 'SlaCredited/1':
      return withSla(moved, event);
    default:
      return settledAccount(moved, event);
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

/** The postings say which bucket is meant, also those of a reversal; of the customer's money proper the whole wallet less these is left. */
function bucketsAfter({ account: id, buckets }: OpenAccount, { data }: AccountEvent): ReadonlyMap<string, bigint> {
  if (!('postings' in data)) return buckets;
  let after: Map<string, bigint> | undefined;
  for (const line of data.postings) {
    const bucket = bucketOf(line.account, id);
    if (bucket === undefined) continue;
    after ??= new Map(buckets);
    const left = (after.get(bucket) ?? 0n) - signedAmount(line).amount;
    if (left === 0n) after.delete(bucket);
    else after.set(bucket, left);
  }
  return after ?? buckets;
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

function amountOf({ amount, currency }: { readonly amount: string; readonly currency: string }): bigint {
  return moneyOf(amount, currency).amount;
}
