import { accept, type Decision, reject, repeated } from '../../commands/domain/decision.ts';
import { amountText, type Money } from '../../money/money.ts';
import { credit, debit, type Posting } from '../../money/posting.ts';
import { partsOfRefund } from './account-refunds.ts';
import type { SettlementRefundDecided, SettlementRefundReturned } from './account-settlement.events.ts';
import type { SettlementRefund } from './known-settlements.ts';
import type { AccountRejection } from './account.commands.ts';
import type { AccountEvent } from './account.events.ts';
import type { Account, OpenAccount } from './open-account.ts';
import { ledgerAccount, overpaidBucket } from './chart.ts';
import { refundLines } from './refunding.decider.ts';

export interface ReturnRefundData {
  readonly refund: string;
  readonly failure: string;
  readonly effectiveAt: string;
}

/**
 * Nothing came of a refund, and nothing will: the account gets back what the decision took, each from where it came. Where that place is not
 * there any more, since the invoice was paid otherwise or the title was given up, it is the customer's, in the wallet.
 */
export function returnRefund(account: Account, data: ReturnRefundData): Decision<AccountEvent, AccountRejection> {
  if (account.status === 'none') return reject({ code: 'account_not_found' });
  const known = account.refunds.get(data.refund);
  if (known === undefined) return reject({ code: 'refund_not_found', refund: data.refund });
  if (known.returned !== undefined) return repeated(known.returned.revision);
  return accept({ type: 'SettlementRefundReturned/1', data: returnOf(account, known, data) });
}

function returnOf(
  account: OpenAccount,
  { decided }: SettlementRefund,
  { failure, effectiveAt }: ReturnRefundData,
): SettlementRefundReturned {
  const { account: id, currency } = account;
  const { refund, settlement, slot, amount } = decided;
  const money = (of: bigint): Money => ({ amount: of, currency });
  const taken = partsOfRefund(decided);
  const parts = account.settlements.get(settlement)?.parts ?? { wallet: 0n, deposit: 0n };
  const open = account.openInvoices.find(({ invoice }) => invoice === parts.invoice?.invoice)?.open ?? 0n;
  const given = {
    deposit: taken.deposit,
    invoice: smaller(open, taken.invoice),
    title: account.grants.get(slot)?.status === 'open' ? taken.title : 0n,
  };
  const displaced = taken.invoice - given.invoice + taken.title - given.title;
  const total = taken.wallet + displaced + given.deposit + given.invoice + given.title;
  return {
    ...{ account: id, refund, settlement, slot, amount, currency },
    allocations:
      given.invoice > 0n && parts.invoice !== undefined
        ? [{ invoice: parts.invoice.invoice, amount: amountText(money(given.invoice)) }]
        : [],
    ...(given.title > 0n &&
      parts.title !== undefined && { title: { purchase: parts.title.purchase, amount: amountText(money(given.title)) } }),
    ...(given.deposit > 0n && { deposit: amountText(money(given.deposit)) }),
    wallet: amountText(money(taken.wallet + displaced)),
    ...{ failure, effectiveAt },
    postings: [
      debit(ledgerAccount.refundPayable(id), money(total)),
      ...walletLinesOf(decided),
      ...refundLines(credit, account, { parts, moved: given }),
      ...(displaced > 0n ? [credit(ledgerAccount.wallet(id, overpaidBucket), money(displaced))] : []),
    ],
  };
}

/** What was taken from the buckets of the wallet, back to each. */
function walletLinesOf({ account, postings }: SettlementRefundDecided): Posting[] {
  return postings
    .filter(({ account: place, direction }) => direction === 'debit' && place.startsWith(ledgerAccount.wallet(account, '')))
    .map((line) => ({ ...line, direction: 'credit' }));
}

function smaller(left: bigint, right: bigint): bigint {
  return left < right ? left : right;
}
