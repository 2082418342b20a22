import { type Money, moneyOf } from '../../money/money.ts';
import type { AccountSettlementEvent, SettlementCredited, TitleGrantEnded, TitleGranted } from './account-settlement.events.ts';
import type { OpenAccount } from './account.ts';
import { withOpen } from './open-invoices.ts';

/** What an account remembers of payments on chain. */
export interface AccountSettlements {
  /** By settlement: each is credited once. */
  readonly settlements: ReadonlyMap<string, CreditedSettlement>;
  /** By slot. */
  readonly grants: ReadonlyMap<string, TitleGrant>;
  /** Slots whose escrow was captured, with the revision that says so. */
  readonly captured: ReadonlyMap<string, bigint>;
}

export interface CreditedSettlement {
  readonly slot: string | undefined;
  readonly revision: bigint;
  /** What of it is neither refunded nor about to be, at ledger scale. */
  readonly refundable: bigint;
}

export interface TitleGrant {
  readonly granted: TitleGranted;
  readonly revision: bigint;
  readonly status: 'open' | 'ended';
  /** What is owed for it, at ledger scale: nothing once it is paid, and never anything for what the escrow holds. */
  readonly owed: bigint;
}

export const noSettlements: AccountSettlements = { settlements: new Map(), grants: new Map(), captured: new Map() };

export function settledAccount(state: OpenAccount, event: AccountSettlementEvent): OpenAccount {
  switch (event.type) {
    case 'SettlementCredited/1':
      return credited(state, event.data);
    case 'TitleGranted/1':
      return granted(state, event.data);
    case 'TitleGrantEnded/1':
      return ended(state, event.data);
    case 'TitleCaptured/1':
      return { ...state, captured: new Map(state.captured).set(event.data.slot, state.revision) };
    case 'SettlementRefundDecided/1': {
      const { settlement } = event.data;
      const { amount } = moneyOfEvent(event.data);
      const settlements = new Map(state.settlements);
      const known = settlements.get(settlement);
      if (known !== undefined) settlements.set(settlement, { ...known, refundable: known.refundable - amount });
      return { ...state, wallet: state.wallet - amount, settlements };
    }
  }
}

/** What the customer owes for titles whose payment is not final yet. */
export function owedForTitles({ grants }: AccountSettlements): bigint {
  let owed = 0n;
  for (const grant of grants.values()) owed += grant.owed;
  return owed;
}

function credited(state: OpenAccount, data: SettlementCredited): OpenAccount {
  const { settlement, slot, title, currency } = data;
  const { amount } = moneyOfEvent(data);
  const grants = new Map(state.grants);
  const grant = slot === undefined ? undefined : grants.get(slot);
  if (slot !== undefined && grant !== undefined && title !== undefined) {
    grants.set(slot, { ...grant, owed: grant.owed - moneyOf(title.amount, currency).amount });
  }
  return {
    ...state,
    wallet: state.wallet + moneyOf(data.wallet, currency).amount,
    openInvoices: withOpen(state, data, -1n),
    settlements: new Map(state.settlements).set(settlement, { slot, revision: state.revision, refundable: amount }),
    grants,
  };
}

function granted(state: OpenAccount, data: TitleGranted): OpenAccount {
  const { revision } = state;
  const owed = data.hold === 'receivable' ? moneyOfEvent(data).amount : 0n;
  const grants = new Map(state.grants).set(data.slot, { granted: data, revision, status: 'open', owed });
  const purchases = state.purchases.has(data.title.id) ? state.purchases : new Map(state.purchases).set(data.title.id, revision);
  return { ...state, grants, purchases };
}

function ended(state: OpenAccount, { slot, granted: revision, title }: TitleGrantEnded): OpenAccount {
  const grants = new Map(state.grants);
  const grant = grants.get(slot);
  if (grant !== undefined) grants.set(slot, { ...grant, status: 'ended', owed: 0n });
  const purchases = new Map(state.purchases);
  if (purchases.get(title.id) === BigInt(revision)) purchases.delete(title.id);
  return { ...state, grants, purchases };
}

function moneyOfEvent({ amount, currency }: { readonly amount: string; readonly currency: string }): Money {
  return moneyOf(amount, currency);
}
