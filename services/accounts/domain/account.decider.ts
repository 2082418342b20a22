import { accept, type Decision, reject } from '../../commands/domain/decision.ts';
import { amountText } from '../../money/money.ts';
import type { AccountEvent } from './account.events.ts';
import type { AccountRejection, OpenAccountData } from './account.commands.ts';
import type { Account } from './open-account.ts';

export function openAccount(account: Account, data: OpenAccountData): Decision<AccountEvent, AccountRejection> {
  if (account.status === 'open') return reject({ code: 'account_already_open', account: account.account });
  return accept({
    type: 'AccountOpened/1',
    data: {
      account: data.account,
      billing: data.billing,
      currency: data.creditLimit.currency,
      creditLimit: amountText(data.creditLimit),
    },
  });
}
