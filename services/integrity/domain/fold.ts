import { amountText, parseMoney } from '../../money/money.ts';

/*
 * `ledger-fold/1` (docs/reference/log-format.md): a balance is the sum of `fin.postings` over every event that has some, whatever the
 * event's type. No clock, no locale, no business rule: an auditor's own implementation comes to the same numbers.
 */

/** One line of an event, as the fold reads it. */
export interface FoldPosting {
  readonly account: string;
  readonly currency: string;
  readonly direction: 'debit' | 'credit';
  /** Above zero, at the currency's ledger scale. */
  readonly amount: bigint;
}

/** What an account in a currency gained, and where it was last touched. */
export interface BalanceChange {
  readonly account: string;
  readonly currency: string;
  /** Debits minus credits at ledger scale. */
  readonly change: bigint;
  /** Index of the last leaf that posts to it. */
  readonly leaf: bigint;
}

/** Everything ever posted in one currency, at ledger scale. Debits equal credits in a ledger that is right. */
export interface Turnover {
  readonly debits: bigint;
  readonly credits: bigint;
}

/**
 * Reads the postings of a stored payload. An event without any, with a single line that is none, or whose debits and credits differ, posts
 * nothing at all.
 */
export function postingsIn(data: string): readonly FoldPosting[] {
  const lines = linesIn(data);
  if (lines === undefined) return [];
  const postings: FoldPosting[] = [];
  for (const line of lines) {
    const posting = postingOf(line);
    if (posting === undefined) return [];
    postings.push(posting);
  }
  return isBalanced(postings) ? postings : [];
}

/** Sums postings of many leaves, so that each account is written once. Leaves are posted in rising order. */
export class FoldChanges {
  readonly #balances = new Map<string, BalanceChange>();
  readonly #turnovers = new Map<string, Turnover>();

  post(leaf: bigint, postings: readonly FoldPosting[]): void {
    for (const { account, currency, direction, amount } of postings) {
      const isDebit = direction === 'debit';
      const key = `${currency} ${account}`;
      const change = (this.#balances.get(key)?.change ?? 0n) + (isDebit ? amount : -amount);
      this.#balances.set(key, { account, currency, change, leaf });
      const { debits, credits } = this.#turnovers.get(currency) ?? { debits: 0n, credits: 0n };
      this.#turnovers.set(currency, isDebit ? { debits: debits + amount, credits } : { debits, credits: credits + amount });
    }
  }

  /** By account and currency, in no order that means anything. */
  balances(): BalanceChange[] {
    return [...this.#balances.values()];
  }

  /** By currency. */
  turnovers(): ReadonlyMap<string, Turnover> {
    return this.#turnovers;
  }
}

function isBalanced(postings: readonly FoldPosting[]): boolean {
  const sums = new Map<string, bigint>();
  for (const { currency, direction, amount } of postings)
    sums.set(currency, (sums.get(currency) ?? 0n) + (direction === 'debit' ? amount : -amount));
  return [...sums.values()].every((sum) => sum === 0n);
}

function linesIn(data: string): readonly unknown[] | undefined {
  let payload: unknown;
  try {
    payload = JSON.parse(data);
  } catch {
    return undefined;
  }
  const fin = isRecord(payload) ? payload['fin'] : undefined;
  const lines = isRecord(fin) ? fin['postings'] : undefined;
  return Array.isArray(lines) ? lines : undefined;
}

function postingOf(line: unknown): FoldPosting | undefined {
  if (!isRecord(line)) return undefined;
  const { account, amount, currency, direction } = line;
  if (typeof account !== 'string' || typeof amount !== 'string' || typeof currency !== 'string' || !isName(account)) return undefined;
  if (direction !== 'debit' && direction !== 'credit') return undefined;
  const money = parseMoney(amount, currency);
  if (typeof money === 'string' || money.amount <= 0n || amountText(money) !== amount) return undefined;
  return { account, currency, direction, amount: money.amount };
}

/** A place in the chart of accounts: text that any database and any encoder takes. */
function isName(account: string): boolean {
  return account !== '' && !account.includes('\0') && account.isWellFormed();
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
