import { moneyOf } from '../../money/money.ts';
import type {
  CreditTakenBack,
  CreditTakenBackReversed,
  SettlementRefundDecided,
  SettlementRefundReturned,
} from './account-settlement.events.ts';
import type { CreditedSettlement, SettlementParts } from './known-settlements.ts';
import type { OpenAccount } from './open-account.ts';
import { withOpen } from './open-invoices.ts';

/* What refunds do to an account. A settlement remembers where its money is, so that no part of it goes back twice. */

/** What a refund takes, or took, from each place; at ledger scale. The parts sum up to its amount. */
export interface RefundParts {
  readonly wallet: bigint;
  readonly deposit: bigint;
  readonly invoice: bigint;
  readonly title: bigint;
}

export function partsOfRefund({ amount, currency, reopened = [], title, deposit }: SettlementRefundDecided): RefundParts {
  const amountOf = (text: string | undefined) => (text === undefined ? 0n : moneyOf(text, currency).amount);
  const parts = {
    deposit: amountOf(deposit),
    invoice: reopened.reduce((sum, each) => sum + amountOf(each.amount), 0n),
    title: amountOf(title?.amount),
  };
  return { ...parts, wallet: amountOf(amount) - parts.deposit - parts.invoice - parts.title };
}

export function decidedRefund(state: OpenAccount, data: SettlementRefundDecided): OpenAccount {
  const { refund, settlement, currency, reopened = [] } = data;
  const { revision } = state;
  const taken = partsOfRefund(data);
  return {
    ...state,
    wallet: state.wallet - taken.wallet,
    openInvoices: withOpen(state, { allocations: reopened, currency }, 1n),
    settlements: withParts(state, settlement, taken, -1n),
    refunds: new Map(state.refunds).set(refund, { decided: data, revision }),
  };
}

export function returnedRefund(state: OpenAccount, data: SettlementRefundReturned): OpenAccount {
  const { refund, settlement, currency, allocations, failure } = data;
  const { revision } = state;
  const amountOf = (text: string | undefined) => (text === undefined ? 0n : moneyOf(text, currency).amount);
  const given = {
    wallet: amountOf(data.wallet),
    deposit: amountOf(data.deposit),
    invoice: allocations.reduce((sum, each) => sum + amountOf(each.amount), 0n),
    title: amountOf(data.title?.amount),
  };
  const known = state.refunds.get(refund);
  const refunds = new Map(state.refunds);
  if (known !== undefined) refunds.set(refund, { ...known, returned: { revision, failure } });
  return {
    ...state,
    wallet: state.wallet + given.wallet,
    openInvoices: withOpen(state, { allocations, currency }, -1n),
    settlements: withParts(state, settlement, given, 1n),
    refunds,
  };
}

/** What the credit cost is where the rest of its payment can be: from there it goes back like any other money of it. */
export function tookBack(state: OpenAccount, { refund, settlement, slot, amount, currency, bucket }: CreditTakenBack): OpenAccount {
  const burnt = moneyOf(amount, currency).amount;
  const creditTakenBack = new Map(state.creditTakenBack).set(refund, { settlement, slot, amount: burnt, revision: state.revision });
  return { ...withoutCredit(state, settlement, { burnt, wallet: bucket === undefined ? 0n : burnt }), creditTakenBack };
}

/** What had gone back on chain of it meanwhile is missing: no more of the payment goes back until it is there. */
export function creditIsBack(state: OpenAccount, { refund, settlement, amount, wallet, currency }: CreditTakenBackReversed): OpenAccount {
  const creditTakenBack = new Map(state.creditTakenBack);
  const known = creditTakenBack.get(refund);
  if (known !== undefined) creditTakenBack.set(refund, { ...known, reversedAt: state.revision });
  const moved = { burnt: -moneyOf(amount, currency).amount, wallet: -moneyOf(wallet, currency).amount };
  return { ...withoutCredit(state, settlement, moved), creditTakenBack };
}

/** The account after credit that a settlement had bought was burnt, with what of that went to the wallet. */
function withoutCredit(
  state: OpenAccount,
  settlement: string,
  { burnt, wallet }: { readonly burnt: bigint; readonly wallet: bigint },
): OpenAccount {
  const settlements = new Map(withParts(state, settlement, { wallet, deposit: 0n, invoice: 0n, title: 0n }, 1n));
  const known = settlements.get(settlement);
  if (known?.credit !== undefined) settlements.set(settlement, { ...known, credit: known.credit - burnt });
  return { ...state, wallet: state.wallet + wallet, settlements };
}

/** The settlements after something of one of them moved. */
export function withParts(
  { settlements }: OpenAccount,
  settlement: string,
  moved: RefundParts,
  sign: 1n | -1n,
): ReadonlyMap<string, CreditedSettlement> {
  const known = settlements.get(settlement);
  if (known === undefined) return settlements;
  const { wallet, deposit, invoice, title } = known.parts;
  const parts: SettlementParts = {
    wallet: wallet + sign * moved.wallet,
    deposit: deposit + sign * moved.deposit,
    ...(invoice !== undefined && { invoice: { ...invoice, part: invoice.part + sign * moved.invoice } }),
    ...(title !== undefined && { title: { ...title, part: title.part + sign * moved.title } }),
  };
  return new Map(settlements).set(settlement, { ...known, parts });
}
