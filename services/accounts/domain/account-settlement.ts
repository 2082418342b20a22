import { type Money, moneyOf } from '../../money/money.ts';
import type {
  AccountSettlementEvent,
  SettlementCredited,
  SettlementCreditReversed,
  SettlementRefundDecided,
  TitleCaptured,
  TitleGrantEnded,
  TitleGranted,
} from './account-settlement.events.ts';
import { creditIsBack, decidedRefund, returnedRefund, tookBack, withParts } from './account-refunds.ts';
import type { OpenAccount } from './account.ts';
import { overpaidBucket } from './chart.ts';
import { withOpen } from './open-invoices.ts';

/** What an account remembers of payments on chain. */
export interface AccountSettlements {
  /** By settlement: each is credited once. */
  readonly settlements: ReadonlyMap<string, CreditedSettlement>;
  /** By slot. */
  readonly grants: ReadonlyMap<string, TitleGrant>;
  /** Slots whose escrow was captured, with the revision that says so. */
  readonly captured: ReadonlyMap<string, bigint>;
  /** By refund. */
  readonly refunds: ReadonlyMap<string, SettlementRefund>;
  /** Prepaid credit that was taken back, by the decision. */
  readonly creditTakenBack: ReadonlyMap<string, TakenBackCredit>;
}

export interface TakenBackCredit {
  readonly settlement: string;
  readonly slot: string;
  readonly amount: bigint;
  readonly revision: bigint;
  /** The revision that says that it was not burnt after all; undefined while it is. */
  readonly reversedAt?: bigint;
}

export interface CreditedSettlement {
  readonly slot: string | undefined;
  readonly revision: bigint;
  /** What it brought, at ledger scale, as all that follows. */
  readonly paid: bigint;
  /** Where in the wallet its part of that is. */
  readonly bucket: string;
  /** Where that is, as far as it is neither refunded nor about to be. Prepaid credit is nowhere here before its contract took it back. */
  readonly parts: SettlementParts;
  /** What of it is prepaid credit, or waits to be: the rest of it was taken back. Undefined where it bought none. */
  readonly credit?: bigint;
  /** The revision that took it back; undefined while it stands. */
  readonly reversedAt?: bigint;
}

export interface SettlementParts {
  readonly wallet: bigint;
  readonly deposit: bigint;
  /** What it paid of an invoice. */
  readonly invoice?: { readonly invoice: string; readonly part: bigint };
  /** What it paid of a title. */
  readonly title?: { readonly purchase: string; readonly product: string; readonly part: bigint };
}

export interface SettlementRefund {
  readonly decided: SettlementRefundDecided;
  readonly revision: bigint;
  /** The revision that says that nothing came of it, with the reason; undefined while it may be paid, or is. */
  readonly returned?: { readonly revision: bigint; readonly failure: string };
}

export interface TitleGrant {
  readonly granted: TitleGranted;
  readonly revision: bigint;
  readonly status: 'open' | 'ended';
  /** Why it ended. */
  readonly reason?: TitleGrantEnded['reason'];
  /** What is owed for it, at ledger scale: nothing once it is paid, and never anything for what the escrow holds. */
  readonly owed: bigint;
}

export const noSettlements: AccountSettlements = {
  settlements: new Map(),
  grants: new Map(),
  captured: new Map(),
  refunds: new Map(),
  creditTakenBack: new Map(),
};

export function settledAccount(state: OpenAccount, event: AccountSettlementEvent): OpenAccount {
  switch (event.type) {
    case 'SettlementCredited/1':
      return credited(state, event.data);
    case 'SettlementCreditReversed/1':
      return creditReversed(state, event.data);
    case 'TitleGranted/1':
      return granted(state, event.data);
    case 'TitleGrantEnded/1':
      return ended(state, event.data);
    case 'TitleCaptured/1':
      return captured(state, event.data);
    case 'SettlementRefundDecided/1':
      return decidedRefund(state, event.data);
    case 'SettlementRefundReturned/1':
      return returnedRefund(state, event.data);
    case 'CreditTakenBack/1':
      return tookBack(state, event.data);
    case 'CreditTakenBackReversed/1':
      return creditIsBack(state, event.data);
  }
}

/** What of a settlement can still go back. */
export function refundableOf({ wallet, deposit, invoice, title }: SettlementParts): bigint {
  return wallet + deposit + (invoice?.part ?? 0n) + (title?.part ?? 0n);
}

/** The payment that a title was paid by, and what of that is earned still. There is one at most: a second payment of a slot goes to the wallet. */
export function paidBy(
  { settlements }: AccountSettlements,
  slot: string,
): { readonly settlement: string; readonly part: bigint } | undefined {
  for (const [settlement, { slot: paid, parts }] of settlements) {
    if (paid === slot && parts.title !== undefined && parts.title.part > 0n) return { settlement, part: parts.title.part };
  }
  return undefined;
}

/** What the customer owes for titles whose payment is not final yet. */
export function owedForTitles({ grants }: AccountSettlements): bigint {
  let owed = 0n;
  for (const grant of grants.values()) owed += grant.owed;
  return owed;
}

function credited(state: OpenAccount, data: SettlementCredited): OpenAccount {
  const { settlement, slot, title, currency, bucket } = data;
  const grants = new Map(state.grants);
  const grant = slot === undefined ? undefined : grants.get(slot);
  if (slot !== undefined && grant !== undefined && title !== undefined) {
    grants.set(slot, { ...grant, owed: grant.owed - moneyOf(title.amount, currency).amount });
  }
  const paid = moneyOfEvent(data).amount;
  const wallet = moneyOf(data.wallet, currency).amount;
  const isForCredit = data.purpose === 'credit' && (wallet < paid || state.settlements.get(settlement)?.credit !== undefined);
  return {
    ...state,
    wallet: state.wallet + wallet,
    openInvoices: withOpen(state, data, -1n),
    settlements: new Map(state.settlements).set(settlement, {
      ...{ slot, revision: state.revision, paid, bucket, parts: partsOf(data, grant) },
      ...(isForCredit && { credit: paid - wallet }),
    }),
    grants,
  };
}

/** What lay somewhere of it lies there no more. */
function creditReversed(state: OpenAccount, data: SettlementCreditReversed): OpenAccount {
  const { settlement, slot, title, currency, reopened } = data;
  const grants = new Map(state.grants);
  const grant = slot === undefined ? undefined : grants.get(slot);
  if (slot !== undefined && grant !== undefined && title !== undefined) {
    grants.set(slot, { ...grant, owed: grant.owed + moneyOf(title.amount, currency).amount });
  }
  const settlements = new Map(state.settlements);
  const known = settlements.get(settlement);
  if (known !== undefined) {
    const { invoice, title: paid } = known.parts;
    const parts = {
      ...{ wallet: 0n, deposit: 0n },
      ...(invoice !== undefined && { invoice: { ...invoice, part: 0n } }),
      ...(paid !== undefined && { title: { ...paid, part: 0n } }),
    };
    settlements.set(settlement, { ...known, parts, reversedAt: state.revision });
  }
  return {
    ...state,
    wallet: state.wallet - moneyOf(data.wallet, currency).amount,
    openInvoices: withOpen(state, { allocations: reopened, currency }, 1n),
    ...{ settlements, grants },
  };
}

function partsOf(
  { purpose, wallet, allocations, title, amount, currency }: SettlementCredited,
  grant: TitleGrant | undefined,
): SettlementParts {
  const amountOf = (text: string) => moneyOf(text, currency).amount;
  const [allocated] = allocations; // A payment on chain names one invoice.
  return {
    wallet: amountOf(wallet),
    deposit: purpose === 'deposit' ? amountOf(amount) - amountOf(wallet) : 0n,
    ...(allocated !== undefined && { invoice: { invoice: allocated.invoice, part: amountOf(allocated.amount) } }),
    ...(title !== undefined &&
      grant !== undefined && { title: { purchase: title.purchase, product: grant.granted.product, part: amountOf(title.amount) } }),
  };
}

/** From here on the purchase is like any that was paid to the treasury: what goes back is the provider's own. */
function captured(state: OpenAccount, { slot, amount, currency, product, overpaid }: TitleCaptured): OpenAccount {
  const { revision } = state;
  const grant = state.grants.get(slot);
  const settlements = new Map(state.settlements);
  const after = { ...state, settlements, captured: new Map(state.captured).set(slot, revision) };
  if (overpaid !== undefined) {
    const paid = moneyOf(overpaid.wallet, currency).amount;
    settlements.set(overpaid.settlement, { slot, revision, paid, bucket: overpaidBucket, parts: { wallet: paid, deposit: 0n } });
    return { ...after, wallet: state.wallet + paid };
  }
  if (grant !== undefined) {
    const paid = moneyOf(amount, currency).amount;
    const title = { purchase: grant.granted.purchase, product, part: paid };
    const parts = { wallet: 0n, deposit: 0n, title };
    settlements.set(grant.granted.settlement, { slot, revision, paid, bucket: overpaidBucket, parts });
  }
  return after;
}

function granted(state: OpenAccount, data: TitleGranted): OpenAccount {
  const { revision } = state;
  const owed = data.hold === 'receivable' ? moneyOfEvent(data).amount : 0n;
  const grants = new Map(state.grants).set(data.slot, { granted: data, revision, status: 'open', owed });
  const purchases = state.purchases.has(data.title.id) ? state.purchases : new Map(state.purchases).set(data.title.id, revision);
  return { ...state, grants, purchases };
}

function ended(state: OpenAccount, { slot, granted: revision, title, reason, wallet, currency }: TitleGrantEnded): OpenAccount {
  const grants = new Map(state.grants);
  const grant = grants.get(slot);
  if (grant !== undefined) grants.set(slot, { ...grant, status: 'ended', reason, owed: 0n });
  const purchases = new Map(state.purchases);
  if (purchases.get(title.id) === BigInt(revision)) purchases.delete(title.id);
  const after = { ...state, grants, purchases };
  return wallet === undefined ? after : keptOfTitle(after, slot, moneyOf(wallet, currency).amount);
}

/** From here on it can go back like anything else of the payment that lies in the wallet. */
function keptOfTitle(state: OpenAccount, slot: string, part: bigint): OpenAccount {
  const payment = paidBy(state, slot);
  const moved = { wallet: part, deposit: 0n, invoice: 0n, title: -part };
  const settlements = payment === undefined ? state.settlements : withParts(state, payment.settlement, moved, 1n);
  return { ...state, wallet: state.wallet + part, settlements };
}

function moneyOfEvent({ amount, currency }: { readonly amount: string; readonly currency: string }): Money {
  return moneyOf(amount, currency);
}
