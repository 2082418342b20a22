import { accept, type Decision, reject, repeated } from '../../commands/domain/decision.ts';
import type { Money } from '../../money/money.ts';
import { credit, debit } from '../../money/posting.ts';
import type { AccountRejection } from './account.commands.ts';
import type { AccountEvent } from './account.events.ts';
import type { Account, OpenAccount } from './account.ts';
import { currencyMismatch, textOf } from './charging.decider.ts';
import { ledgerAccount } from './chart.ts';

export interface TakeBackCreditData {
  /** The decision; each is carried out once. */
  readonly refund: string;
  /** What the credit was bought in. */
  readonly slot: string;
  readonly amount: Money;
  readonly chainId: string;
  readonly tx: string;
  readonly effectiveAt: string;
}

/**
 * Prepaid credit was burnt, and its money is owed: it goes to the wallet, as money of the payment that bought the credit (docs/decisions/0113).
 * Where that payment was taken back nobody paid for the credit, and nobody is owed anything for it: it is set against what is missing for it.
 */
export function takeBackCredit(account: Account, data: TakeBackCreditData): Decision<AccountEvent, AccountRejection> {
  if (account.status === 'none') return reject({ code: 'account_not_found' });
  const { refund, slot, amount, chainId, tx, effectiveAt } = data;
  if (amount.currency !== account.currency) return reject(currencyMismatch(account, amount));
  const known = account.creditTakenBack.get(refund);
  if (known !== undefined) return repeated(known);
  const bought = boughtIn(account, slot);
  if (bought === undefined) return reject({ code: 'settlement_not_final', settlement: slot });
  const { account: id } = account;
  const { settlement, bucket } = bought;
  const place = bucket === undefined ? ledgerAccount.creditUnissued(id) : ledgerAccount.wallet(id, bucket);
  return accept({
    type: 'CreditTakenBack/1',
    data: {
      ...{ account: id, refund, settlement, slot, ...textOf(amount), ...(bucket !== undefined && { bucket }), chainId, tx, effectiveAt },
      postings: [debit(ledgerAccount.refundPayable(id), amount), credit(place, amount)],
    },
  });
}

/** The payment of the slot that bought the credit, and its bucket while it stands: a second one went to the wallet. */
function boughtIn({ settlements }: OpenAccount, slot: string): { readonly settlement: string; readonly bucket?: string } | undefined {
  let gone: string | undefined;
  for (const [settlement, { slot: paid, bucket, credit: bought, reversedAt }] of settlements) {
    if (paid !== slot || bought === undefined) continue;
    if (reversedAt === undefined) return { settlement, bucket };
    gone ??= settlement;
  }
  return gone === undefined ? undefined : { settlement: gone };
}
