import { accept, type Decision, reject } from '../../commands/domain/decision.ts';
import { amountText, type Money, subtract } from '../../money/money.ts';
import { credit, debit, type Posting } from '../../money/posting.ts';
import { roundToPayable } from '../../money/rounding.ts';
import type { AccountEvent } from './account.events.ts';
import type { AccountRejection, CloseChargesData } from './account.commands.ts';
import type { Account } from './open-account.ts';
import { ledgerAccount } from './chart.ts';

/**
 * Gives up the unbilled charges to an invoice. The account alone owns its unbilled range, so a charge is on one invoice, once;
 * an empty range is refused here, before a number is spent.
 */
export function closeCharges(account: Account, data: CloseChargesData): Decision<AccountEvent, AccountRejection> {
  if (account.status === 'none') return reject({ code: 'account_not_found' });
  const net: Money = { amount: account.unbilled, currency: account.currency };
  const payable = roundToPayable(net, 'half-up');
  if (payable.amount <= 0n) return reject({ code: 'nothing_to_invoice' });
  return accept({
    type: 'ChargesClosed/1',
    data: {
      account: account.account,
      invoice: data.invoice,
      series: data.series,
      fromRevision: (account.closedTo + 1n).toString(),
      toRevision: account.revision.toString(),
      currency: account.currency,
      net: amountText(net),
      payable: amountText(payable),
      dueOn: data.dueOn,
      effectiveAt: data.effectiveAt,
      postings: [
        debit(ledgerAccount.receivable(account.account), payable),
        credit(ledgerAccount.unbilled(account.account), net),
        ...roundingPostings(subtract(payable, net)),
      ],
    },
  });
}

/** What the one rounding gained (credit) or lost (debit); nothing when the sum was payable as it stood. */
function roundingPostings(difference: Money): Posting[] {
  if (difference.amount === 0n) return [];
  return difference.amount > 0n
    ? [credit(ledgerAccount.rounding, difference)]
    : [debit(ledgerAccount.rounding, { ...difference, amount: -difference.amount })];
}
