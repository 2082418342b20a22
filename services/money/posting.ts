import { amountText, type Money, moneyOf } from './money.ts';

export type PostingDirection = 'debit' | 'credit';

/** One line of double entry as it stands in an event: unsigned, with a direction (DESIGN 4.2). */
export interface Posting {
  /** A place in the chart of accounts, for example `liability:wallet:acc_...:money`. */
  readonly account: string;
  /** Canonical decimal text, above zero. */
  readonly amount: string;
  readonly currency: string;
  readonly direction: PostingDirection;
  readonly [extra: string]: string;
}

export function debit(account: string, money: Money): Posting {
  return posting(account, money, 'debit');
}

export function credit(account: string, money: Money): Posting {
  return posting(account, money, 'credit');
}

/** The same lines in the other direction: what a reversal posts. */
export function mirrored(postings: readonly Posting[]): Posting[] {
  return postings.map((line) => ({ ...line, direction: line.direction === 'debit' ? 'credit' : 'debit' }));
}

/** Debits minus credits: the sign convention of every balance that this project publishes. */
export function signedAmount(line: Posting): Money {
  const money = moneyOf(line.amount, line.currency);
  return line.direction === 'debit' ? money : { ...money, amount: -money.amount };
}

/** The defect check before every append and after every read: per currency, debits equal credits. */
export function assertBalanced(postings: readonly Posting[]): void {
  const sums = new Map<string, bigint>();
  for (const line of postings) {
    const { amount, currency } = signedAmount(line);
    if (amount === 0n || line.amount.startsWith('-')) throw new RangeError(`A posting to ${line.account} is not above zero.`);
    sums.set(currency, (sums.get(currency) ?? 0n) + amount);
  }
  for (const [currency, sum] of sums) if (sum !== 0n) throw new RangeError(`The postings in ${currency} do not balance: ${sum}.`);
}

function posting(account: string, money: Money, direction: PostingDirection): Posting {
  if (money.amount <= 0n) throw new RangeError(`A posting to ${account} must be above zero.`);
  return { account, amount: amountText(money), currency: money.currency, direction };
}
