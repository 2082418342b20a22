import { accept, type Decision, reject, repeated } from '../../commands/domain/decision.ts';
import { amountText, isPayable } from '../../money/money.ts';
import { credit, debit } from '../../money/posting.ts';
import type { AccountEvent } from './account.events.ts';
import type { AccountRejection, ReceivePaymentData } from './account.commands.ts';
import { paymentKey } from './account.ts';
import type { Account, OpenAccount } from './open-account.ts';
import { currencyMismatch, textOf } from './charging.decider.ts';
import { ledgerAccount } from './chart.ts';
import type { OpenInvoice } from './open-account.ts';

/** Pays the oldest invoice first; what is left over becomes credit in the wallet. The same payment reported again changes nothing. */
export function receivePayment(account: Account, data: ReceivePaymentData): Decision<AccountEvent, AccountRejection> {
  if (account.status === 'none') return reject({ code: 'account_not_found' });
  if (data.amount.currency !== account.currency) return reject(currencyMismatch(account, data.amount));
  if (!isPayable(data.amount)) return reject({ code: 'amount_not_payable', ...textOf(data.amount) });
  const known = account.payments.get(paymentKey(data));
  if (known !== undefined) {
    return known.amount === data.amount.amount
      ? repeated(known.revision)
      : reject({ code: 'payment_reference_conflict', reference: data.reference });
  }
  return accept(paymentReceived(account, data));
}

function paymentReceived(account: OpenAccount, data: ReceivePaymentData): AccountEvent {
  const { currency } = account;
  const { allocations, left } = allocateOldestFirst(account.openInvoices, data.amount.amount);
  const allocated = { amount: data.amount.amount - left, currency };
  const overpaid = { amount: left, currency };
  const { payment, method, reference, effectiveAt } = data;
  return {
    type: 'PaymentReceived/1',
    data: {
      account: account.account,
      payment,
      ...textOf(data.amount),
      method,
      reference,
      allocations: allocations.map(({ invoice, open }) => ({ invoice, amount: amountText({ amount: open, currency }) })),
      overpaid: amountText(overpaid),
      effectiveAt,
      postings: [
        debit(ledgerAccount.cash(method), data.amount),
        ...(allocated.amount > 0n ? [credit(ledgerAccount.receivable(account.account), allocated)] : []),
        ...(overpaid.amount > 0n ? [credit(ledgerAccount.wallet(account.account), overpaid)] : []),
      ],
    },
  };
}

function allocateOldestFirst(invoices: readonly OpenInvoice[], amount: bigint): { allocations: OpenInvoice[]; left: bigint } {
  const allocations: OpenInvoice[] = [];
  let left = amount;
  for (const { invoice, open } of invoices) {
    if (left === 0n) break;
    const part = open < left ? open : left;
    allocations.push({ invoice, open: part });
    left -= part;
  }
  return { allocations, left };
}
