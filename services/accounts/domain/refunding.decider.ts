import { accept, type Decision, reject } from '../../commands/domain/decision.ts';
import { amountText, isPayable, type Money } from '../../money/money.ts';
import { credit } from '../../money/posting.ts';
import type { AccountRejection } from './account.commands.ts';
import type { AccountEvent } from './account.events.ts';
import type { Account } from './account.ts';
import { currencyMismatch, textOf, walletDebits } from './charging.decider.ts';
import { ledgerAccount } from './chart.ts';

export interface RefundSettlementData {
  readonly refund: string;
  readonly settlement: string;
  readonly amount: Money;
  readonly reason: string;
  readonly effectiveAt: string;
}

/**
 * Decides that money goes back on chain. Only what was credited can: a payment that is merely confirmed may be gone tomorrow, and what went
 * out on it would not come back (rule 15). At most what the payment brought, and what the wallet has.
 */
export function refundSettlement(account: Account, data: RefundSettlementData): Decision<AccountEvent, AccountRejection> {
  if (account.status === 'none') return reject({ code: 'account_not_found' });
  if (data.amount.currency !== account.currency) return reject(currencyMismatch(account, data.amount));
  if (!isPayable(data.amount)) return reject({ code: 'amount_not_payable', ...textOf(data.amount) });
  const settlement = account.settlements.get(data.settlement);
  if (settlement?.slot === undefined) return reject({ code: 'settlement_not_final', settlement: data.settlement });
  const { currency } = account;
  const available = settlement.refundable < account.wallet ? settlement.refundable : account.wallet;
  if (data.amount.amount > available) {
    const most = amountText({ amount: available > 0n ? available : 0n, currency });
    return reject({ code: 'insufficient_funds', available: most, required: amountText(data.amount), currency });
  }
  const { amount, ...facts } = data;
  const postings = [...walletDebits(account, amount), credit(ledgerAccount.refundPayable(account.account), amount)];
  return accept({
    type: 'SettlementRefundDecided/1',
    data: { account: account.account, ...facts, slot: settlement.slot, ...textOf(amount), postings },
  });
}
