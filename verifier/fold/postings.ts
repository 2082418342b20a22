import { isObject } from '../log/canonical-json.ts';
import type { Scales } from '../log/policy.ts';
import { parseAmount } from './amount.ts';

/** One line of an event, as `ledger-fold/1` reads it. */
export interface Posting {
  readonly account: string;
  readonly currency: string;
  readonly isDebit: boolean;
  /** Above zero, at the currency's ledger scale. */
  readonly amount: bigint;
}

export const nothingPosted: readonly Posting[] = [];

/**
 * The postings of a payload: every event that has `fin.postings`, whatever its type. An event without them posts nothing; `unreadable` is
 * one with a line that is none, which posts nothing either.
 */
export function postingsOf(payload: unknown, currencies: ReadonlyMap<string, Scales>): readonly Posting[] | 'unreadable' {
  const fin = isObject(payload) ? payload['fin'] : undefined;
  const lines = isObject(fin) ? fin['postings'] : undefined;
  if (lines === undefined) return nothingPosted;
  if (!Array.isArray(lines)) return 'unreadable';
  const postings: Posting[] = [];
  for (const line of lines as unknown[]) {
    const posting = postingOf(line, currencies);
    if (posting === undefined) return 'unreadable';
    postings.push(posting);
  }
  return postings;
}

/** Do debits equal credits in each currency? */
export function areBalanced(postings: readonly Posting[]): boolean {
  const [first] = postings;
  if (first === undefined) return true;
  let sum = 0n;
  for (const { currency, isDebit, amount } of postings) {
    if (currency !== first.currency) return areBalancedByCurrency(postings);
    sum += isDebit ? amount : -amount;
  }
  return sum === 0n;
}

function areBalancedByCurrency(postings: readonly Posting[]): boolean {
  const sums = new Map<string, bigint>();
  for (const { currency, isDebit, amount } of postings) sums.set(currency, (sums.get(currency) ?? 0n) + (isDebit ? amount : -amount));
  return [...sums.values()].every((sum) => sum === 0n);
}

function postingOf(line: unknown, currencies: ReadonlyMap<string, Scales>): Posting | undefined {
  if (!isObject(line)) return undefined;
  const { account, amount, currency, direction } = line;
  if (typeof account !== 'string' || typeof amount !== 'string' || typeof currency !== 'string') return undefined;
  if (account === '' || account.includes('\0') || !account.isWellFormed()) return undefined;
  if (direction !== 'debit' && direction !== 'credit') return undefined;
  const scales = currencies.get(currency);
  const units = scales && parseAmount(amount, scales);
  return units === undefined || units === 0n ? undefined : { account, currency, isDebit: direction === 'debit', amount: units };
}
