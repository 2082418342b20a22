import { type Money, moneyOf } from '../../money/money.ts';
import type {
  AccountSettlementEvent,
  SettlementCredited,
  SettlementCreditReversed,
  TitleCaptured,
  TitleGrantEnded,
  TitleGranted,
} from './account-settlement.events.ts';
import { creditIsBack, decidedRefund, returnedRefund, tookBack, withParts } from './account-refunds.ts';
import { overpaidBucket } from './chart.ts';
import { paidBy, type SettlementParts, type TitleGrant } from './known-settlements.ts';
import type { OpenAccount } from './open-account.ts';
import { withOpen } from './open-invoices.ts';

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
