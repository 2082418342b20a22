import { moneyOf } from '../../money/money.ts';
import type { PaymentReceived } from './account.events.ts';
import type { OpenAccount, OpenInvoice } from './open-account.ts';

/** Open amounts after allocations are taken off (-1) or put back (+1), in the order of closing; what is paid leaves the list. */
export function withOpen(
  state: OpenAccount,
  { allocations, currency }: Pick<PaymentReceived, 'allocations' | 'currency'>,
  sign: 1n | -1n,
): readonly OpenInvoice[] {
  if (allocations.length === 0) return state.openInvoices;
  const open = new Map(state.openInvoices.map((each) => [each.invoice, each.open]));
  for (const each of allocations) open.set(each.invoice, (open.get(each.invoice) ?? 0n) + sign * moneyOf(each.amount, currency).amount);
  return state.invoiceOrder
    .filter((invoice) => (open.get(invoice) ?? 0n) !== 0n)
    .map((invoice) => ({ invoice, open: open.get(invoice) as bigint }));
}
