import { isObject } from '../log/canonical-json.ts';
import type { Scales } from '../log/policy.ts';
import { parseAmount } from './amount.ts';

/** One line of an event, as `ledger-fold/1` reads it. */
export interface Posting {
  readonly account: string;
  readonly currency: string;
  /** At the currency's ledger scale: above zero for a debit, below for a credit. */
  readonly amount: bigint;
}

/** A line as the payload has it, in the form that is the same under every policy. */
export interface PostingLine {
  readonly account: string;
  readonly amount: string;
  readonly currency: string;
  readonly direction: 'debit' | 'credit';
}

/** What an event posts; `unreadable` if a line of it is none, and then it posts nothing. */
export type PostingLines = readonly PostingLine[] | 'unreadable';

/** An event without lines posts nothing. */
const none: readonly never[] = [];

/** The lines of a payload: of every event that has `fin.postings`, whatever its type. */
export function linesOf(payload: unknown): PostingLines {
  const fin = isObject(payload) ? payload['fin'] : undefined;
  const lines = isObject(fin) ? fin['postings'] : undefined;
  if (lines === undefined) return none;
  return Array.isArray(lines) && lines.every(isLine) ? lines : 'unreadable';
}

/** The postings that lines come to with the currencies of a policy. */
export function postingsOf(lines: PostingLines, currencies: ReadonlyMap<string, Scales>): readonly Posting[] | 'unreadable' {
  if (lines === 'unreadable') return lines;
  if (lines.length === 0) return none;
  const postings: Posting[] = [];
  for (const line of lines) {
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
  for (const { currency, amount } of postings) {
    if (currency !== first.currency) return areBalancedByCurrency(postings);
    sum += amount;
  }
  return sum === 0n;
}

function areBalancedByCurrency(postings: readonly Posting[]): boolean {
  const sums = new Map<string, bigint>();
  for (const { currency, amount } of postings) sums.set(currency, (sums.get(currency) ?? 0n) + amount);
  return [...sums.values()].every((sum) => sum === 0n);
}

function isLine(line: unknown): line is PostingLine {
  if (!isObject(line)) return false;
  const { account, amount, currency, direction } = line;
  if (typeof account !== 'string' || typeof amount !== 'string' || typeof currency !== 'string') return false;
  if (account === '' || account.includes('\0') || !account.isWellFormed()) return false;
  return direction === 'debit' || direction === 'credit';
}

function postingOf({ account, amount, currency, direction }: PostingLine, currencies: ReadonlyMap<string, Scales>): Posting | undefined {
  const scales = currencies.get(currency);
  const units = scales && parseAmount(amount, scales);
  return units === undefined || units === 0n ? undefined : { account, currency, amount: direction === 'debit' ? units : -units };
}
