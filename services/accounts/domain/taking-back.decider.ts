import { accept, type Decision, reject, repeated } from '../../commands/domain/decision.ts';
import { amountText, type Money } from '../../money/money.ts';
import { credit, debit } from '../../money/posting.ts';
import type { AccountRejection } from './account.commands.ts';
import type { AccountEvent } from './account.events.ts';
import type { Account, OpenAccount } from './open-account.ts';
import { currencyMismatch, textOf } from './charging.decider.ts';
import { ledgerAccount } from './chart.ts';
import { walletLines } from './uncrediting.decider.ts';

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
  if (known !== undefined && known.reversedAt === undefined) return repeated(known.revision);
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

export interface ReverseTakenBackCreditData {
  readonly refund: string;
  readonly reason: string;
  readonly effectiveAt: string;
}

/**
 * Credit that was taken back is not burnt after all, so that its holder can spend it: what it cost is taken from the wallet, below zero where it
 * was spent or paid out. Where the payment that bought it is gone, that is missing as what is given out and not paid for.
 */
export function reverseTakenBackCredit(account: Account, data: ReverseTakenBackCreditData): Decision<AccountEvent, AccountRejection> {
  if (account.status === 'none') return reject({ code: 'account_not_found' });
  const { refund, reason, effectiveAt } = data;
  const known = account.creditTakenBack.get(refund);
  if (known === undefined) return reject({ code: 'refund_not_found', refund });
  if (known.reversedAt !== undefined) return repeated(known.reversedAt);
  const { account: id, currency } = account;
  const { settlement, slot } = known;
  const amount = { amount: known.amount, currency };
  const bought = account.settlements.get(settlement);
  const isGone = bought === undefined || bought.reversedAt !== undefined;
  return accept({
    type: 'CreditTakenBackReversed/1',
    data: {
      ...{ account: id, refund, settlement, slot, ...textOf(amount) },
      ...{ wallet: amountText(isGone ? { amount: 0n, currency } : amount), reason, effectiveAt },
      postings: [
        ...(isGone ? [debit(ledgerAccount.creditUnissued(id), amount)] : walletLines(account, bought.bucket, amount.amount)),
        credit(ledgerAccount.refundPayable(id), amount),
      ],
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
