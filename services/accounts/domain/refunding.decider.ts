import { accept, type Decision, reject } from '../../commands/domain/decision.ts';
import { amountText, isPayable, type Money } from '../../money/money.ts';
import { credit, debit, type Posting } from '../../money/posting.ts';
import type { RefundParts } from './account-refunds.ts';
import type { SettlementRefundDecided } from './account-settlement.events.ts';
import { type CreditedSettlement, refundableOf, type SettlementParts } from './known-settlements.ts';
import type { AccountRejection } from './account.commands.ts';
import type { AccountEvent } from './account.events.ts';
import { heldIn } from './account.ts';
import type { Account, OpenAccount } from './open-account.ts';
import { currencyMismatch, textOf } from './charging.decider.ts';
import { ledgerAccount } from './chart.ts';
import { endedByRefund } from './granting.decider.ts';

/* Money that goes back on chain (docs/decisions/0103). Rejections are listed in precedence order. */

type AccountDecision = Decision<AccountEvent, AccountRejection>;

export interface RefundSettlementData {
  readonly refund: string;
  readonly settlement: string;
  /** Everything that can still go back when absent. */
  readonly amount?: Money;
  /** The address that the payer signed; who paid it when absent. */
  readonly to?: string;
  readonly reason: string;
  readonly effectiveAt: string;
}

/**
 * Decides that money goes back on chain. Only what was credited can: a payment that is merely confirmed may be gone tomorrow, and what went
 * out on it would not come back (rule 15). What the payment did is undone, in this order: what of it lies in the wallet, what it paid of an
 * invoice, which is owed again, what a title earned, and a deposit. A title that is paid back whole may not be watched any more.
 */
export function refundSettlement(account: Account, data: RefundSettlementData): AccountDecision {
  if (account.status === 'none') return reject({ code: 'account_not_found' });
  const { currency } = account;
  if (data.amount !== undefined && data.amount.currency !== currency) return reject(currencyMismatch(account, data.amount));
  if (data.amount !== undefined && !isPayable(data.amount)) return reject({ code: 'amount_not_payable', ...textOf(data.amount) });
  const settlement = account.settlements.get(data.settlement);
  if (settlement?.slot === undefined) return reject({ code: 'settlement_not_final', settlement: data.settlement });
  const refundable = refundableOf(settlement.parts);
  const amount = data.amount ?? { amount: refundable, currency };
  const refusal = refusalOf(account, { settlement, refundable, amount });
  if (refusal !== undefined) return reject(refusal);
  const taken = takenFrom(account, settlement, amount.amount);
  const decided: AccountEvent = {
    type: 'SettlementRefundDecided/1',
    data: decisionOf(account, { ...data, amount, slot: settlement.slot }, { settlement, taken }),
  };
  const grant = account.grants.get(settlement.slot);
  const isTitleGone = taken.title > 0n && taken.title === settlement.parts.title?.part && grant?.status === 'open';
  return isTitleGone ? accept(decided, endedByRefund(account, grant, data.effectiveAt)) : accept(decided);
}

interface Asked {
  readonly settlement: CreditedSettlement;
  readonly refundable: bigint;
  readonly amount: Money;
}

function refusalOf(account: OpenAccount, { settlement, refundable, amount }: Asked): AccountRejection | undefined {
  const { currency } = account;
  const text = (of: bigint) => amountText({ amount: of, currency });
  if (refundable <= 0n) return { code: 'nothing_to_refund', paid: text(settlement.paid), currency };
  const required = amountText(amount);
  if (amount.amount > refundable) {
    return { code: 'refund_above_payment', paid: text(settlement.paid), refundable: text(refundable), required, currency };
  }
  const available = refundable - settlement.parts.wallet + inWallet(account, settlement);
  if (amount.amount > available) return { code: 'insufficient_funds', available: text(available), required, currency };
  return undefined;
}

/** What of the payment the customer has not spent: what is left in its bucket, and never more than the whole wallet can give. */
function inWallet(account: OpenAccount, { bucket, parts }: CreditedSettlement): bigint {
  const left = smaller(account.wallet, heldIn(account, bucket));
  return left < 0n ? 0n : smaller(parts.wallet, left);
}

function takenFrom(account: OpenAccount, settlement: CreditedSettlement, amount: bigint): RefundParts {
  const { parts } = settlement;
  const wallet = smaller(amount, inWallet(account, settlement));
  const invoice = smaller(amount - wallet, parts.invoice?.part ?? 0n);
  const title = smaller(amount - wallet - invoice, parts.title?.part ?? 0n);
  return { wallet, invoice, title, deposit: amount - wallet - invoice - title };
}

function decisionOf(
  account: OpenAccount,
  { refund, settlement, slot, amount, to, reason, effectiveAt }: RefundSettlementData & { readonly slot: string; readonly amount: Money },
  { settlement: { bucket, parts }, taken }: { readonly settlement: CreditedSettlement; readonly taken: RefundParts },
): SettlementRefundDecided {
  const { account: id, currency } = account;
  const money = (of: bigint): Money => ({ amount: of, currency });
  const { invoice, title } = parts;
  return {
    ...{ account: id, refund, settlement, slot, ...textOf(amount), ...(to !== undefined && { to }) },
    ...(taken.invoice > 0n &&
      invoice !== undefined && { reopened: [{ invoice: invoice.invoice, amount: amountText(money(taken.invoice)) }] }),
    ...(taken.title > 0n && title !== undefined && { title: { purchase: title.purchase, amount: amountText(money(taken.title)) } }),
    ...(taken.deposit > 0n && { deposit: amountText(money(taken.deposit)) }),
    ...{ reason, effectiveAt },
    postings: [
      ...(taken.wallet > 0n ? [debit(ledgerAccount.wallet(id, bucket), money(taken.wallet))] : []),
      ...refundLines(debit, account, { parts, moved: taken }),
      credit(ledgerAccount.refundPayable(id), amount),
    ],
  };
}

/** The lines of everything but the wallet: debits of a refund, credits of its return. */
export function refundLines(
  side: typeof debit,
  { account, currency }: OpenAccount,
  { parts: { title }, moved }: { readonly parts: SettlementParts; readonly moved: Omit<RefundParts, 'wallet'> },
): Posting[] {
  const line = (place: string, amount: bigint) => (amount > 0n ? [side(place, { amount, currency })] : []);
  return [
    ...line(ledgerAccount.receivable(account), moved.invoice),
    ...(title === undefined ? [] : line(ledgerAccount.revenue(title.product), moved.title)),
    ...line(ledgerAccount.deposit(account), moved.deposit),
  ];
}

function smaller(left: bigint, right: bigint): bigint {
  return left < right ? left : right;
}
