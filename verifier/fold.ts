import type { Json, JsonRecord } from './canonical-json.ts';
import { isRecord } from './canonical-json.ts';
import type { Scales } from './policy.ts';

/* `ledger-fold/1`: the sum of `fin.postings` of every event that has them, whatever its type. No clock, no rule of the business. */

export const knownFold = 'ledger-fold/1';

export interface Posting {
  readonly account: string;
  readonly currency: string;
  /** At the currency's ledger scale, debits above zero. */
  readonly amount: bigint;
}

const plainDecimal = /^(0|[1-9][0-9]*)(?:\.([0-9]+))?$/;

/** The postings of an event; a text that says what is wrong with them; undefined for an event without any. */
export function postingsOf(fin: JsonRecord, scales: ReadonlyMap<string, Scales>): readonly Posting[] | string | undefined {
  const { postings } = fin;
  if (postings === undefined) return undefined;
  if (!Array.isArray(postings)) return 'postings are no list';
  const read: Posting[] = [];
  const sums = new Map<string, bigint>();
  for (const line of postings as readonly Json[]) {
    const posting = postingOf(line, scales);
    if (typeof posting === 'string') return posting;
    read.push(posting);
    sums.set(posting.currency, (sums.get(posting.currency) ?? 0n) + posting.amount);
  }
  for (const [currency, sum] of sums) if (sum !== 0n) return `debits and credits in ${currency} differ`;
  return read;
}

function postingOf(line: Json, scales: ReadonlyMap<string, Scales>): Posting | string {
  if (!isRecord(line)) return 'a posting is no object';
  const { account, amount, currency, direction } = line;
  if (typeof account !== 'string' || account === '' || account.includes('\0')) return 'a posting names no account';
  if (typeof currency !== 'string') return 'a posting names no currency';
  const scale = scales.get(currency);
  if (scale === undefined) return `the log does not know the currency ${currency}`;
  if (direction !== 'debit' && direction !== 'credit') return 'a posting has no direction';
  const magnitude = typeof amount === 'string' ? unitsOf(amount, scale) : undefined;
  if (magnitude === undefined) return 'a posting has no canonical amount';
  return { account, currency, amount: direction === 'debit' ? magnitude : -magnitude };
}

/** Reads a canonical amount: at least the payable decimals, at most the ledger's, no zeros beyond the payable ones. */
function unitsOf(text: string, { ledgerScale, payableScale }: Scales): bigint | undefined {
  const match = plainDecimal.exec(text);
  if (match === null) return undefined;
  const whole = match[1] as string;
  const fraction = match[2] ?? '';
  if (fraction.length < payableScale || fraction.length > ledgerScale) return undefined;
  if (fraction.length > payableScale && fraction.endsWith('0')) return undefined;
  const units = BigInt(whole + fraction.padEnd(ledgerScale, '0'));
  return units === 0n ? undefined : units;
}

/** The canonical text of an amount at ledger scale; balances may be below zero. */
export function amountText(units: bigint, { ledgerScale, payableScale }: Scales): string {
  const digits = (units < 0n ? -units : units).toString().padStart(ledgerScale + 1, '0');
  const whole = digits.slice(0, digits.length - ledgerScale);
  const fraction = digits.slice(digits.length - ledgerScale);
  const kept = fraction.slice(0, payableScale) + fraction.slice(payableScale).replace(/0+$/, '');
  return `${units < 0n ? '-' : ''}${whole}${kept === '' ? '' : `.${kept}`}`;
}
