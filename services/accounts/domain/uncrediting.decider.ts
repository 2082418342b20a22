import { accept, type Decision, reject, repeated } from '../../commands/domain/decision.ts';
import { amountText, type Money } from '../../money/money.ts';
import { credit, debit, type Posting } from '../../money/posting.ts';
import type { SettlementCreditReversed } from './account-settlement.events.ts';
import { type CreditedSettlement, refundableOf } from './known-settlements.ts';
import type { AccountRejection } from './account.commands.ts';
import type { AccountEvent } from './account.events.ts';
import { heldIn } from './account.ts';
import type { Account, OpenAccount } from './open-account.ts';
import { ledgerAccount, moneyBucket } from './chart.ts';

export interface ReverseSettlementCreditData {
  readonly settlement: string;
  readonly reason: string;
  readonly effectiveAt: string;
}

/**
 * A payment that was credited is not on the chain. What it did is undone where it did it: an invoice and a title are owed again, a deposit is
 * gone, and so is what was to be given out as prepaid credit, or was, and is not taken back. What the customer has spent since, or got back, is
 * owed too: it is taken from the wallet, below zero if need be.
 */
export function reverseSettlementCredit(account: Account, data: ReverseSettlementCreditData): Decision<AccountEvent, AccountRejection> {
  if (account.status === 'none') return reject({ code: 'account_not_found' });
  const settlement = account.settlements.get(data.settlement);
  if (settlement === undefined) return reject({ code: 'settlement_not_final', settlement: data.settlement });
  if (settlement.reversedAt !== undefined) return repeated(settlement.reversedAt);
  return accept({ type: 'SettlementCreditReversed/1', data: reversalOf(account, settlement, data) });
}

function reversalOf(
  account: OpenAccount,
  { paid, slot, bucket, parts, credit: unissued = 0n }: CreditedSettlement,
  { settlement, reason, effectiveAt }: ReverseSettlementCreditData,
): SettlementCreditReversed {
  const { account: id, currency } = account;
  const money = (amount: bigint): Money => ({ amount, currency });
  const text = (amount: bigint) => amountText(money(amount));
  const { invoice, title, deposit } = parts;
  const wallet = paid - unissued - (refundableOf(parts) - parts.wallet);
  return {
    ...{ account: id, settlement, ...(slot !== undefined && { slot }), amount: text(paid), currency },
    reopened: invoice !== undefined && invoice.part > 0n ? [{ invoice: invoice.invoice, amount: text(invoice.part) }] : [],
    ...(title !== undefined && title.part > 0n && { title: { purchase: title.purchase, amount: text(title.part) } }),
    ...(deposit > 0n && { deposit: text(deposit) }),
    ...{ wallet: text(wallet), reason, effectiveAt },
    postings: [
      ...line(debit, ledgerAccount.receivable(id), money((invoice?.part ?? 0n) + (title?.part ?? 0n))),
      ...line(debit, ledgerAccount.deposit(id), money(deposit)),
      ...line(debit, ledgerAccount.creditUnissued(id), money(unissued)),
      ...walletLines(account, bucket, wallet),
      credit(ledgerAccount.paymentPending(id), money(paid)),
    ],
  };
}

/** Its own bucket gives what is left there; only the customer's money proper goes below zero. */
export function walletLines(account: OpenAccount, bucket: string, amount: bigint): Posting[] {
  const { account: id, currency } = account;
  const left = bucket === moneyBucket ? amount : heldIn(account, bucket);
  const own = left < amount ? left : amount;
  return [
    ...line(debit, ledgerAccount.wallet(id, bucket), { amount: own, currency }),
    ...line(debit, ledgerAccount.wallet(id), { amount: amount - own, currency }),
  ];
}

function line(side: typeof debit, place: string, amount: Money): Posting[] {
  return amount.amount > 0n ? [side(place, amount)] : [];
}
