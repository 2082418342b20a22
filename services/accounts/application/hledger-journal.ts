import { type LedgerEvent, ledgerEventOf } from '../../event-store/domain/ledger-event.ts';
import type { StoredEvent } from '../../event-store/domain/event-store.ts';
import { postingsIn, type FoldPosting } from '../../integrity/domain/fold.ts';
import { isCurrency } from '../../money/currency.ts';
import { amountText } from '../../money/money.ts';

/*
 * The books in the journal format of hledger, plain text accounting by other people: it balances every transaction and adds up every
 * account by itself.
 */

/** What a journal begins with: a point is the decimal mark, so that `1.000` is one. */
export const hledgerHeader = 'decimal-mark .\n\n';

/**
 * The transaction of a stored event, in the order of the log; empty for an event that posts nothing. Debits are above zero, credits below. The date is
 * the business day in UTC; event, place and time of recording stand behind it as tags.
 */
export function hledgerTransaction(stored: StoredEvent): string {
  const event = ledgerEventOf(stored);
  const postings = event === undefined ? [] : postingsIn(stored.data);
  if (event === undefined || postings.length === 0) return '';
  const { id, stream, revision, type, at } = event;
  const tags = `event:${id}, place:${stream}@${revision}, recorded:${at}`;
  return `${dayOf(event)} ${type}  ; ${tags}\n${postings.map(lineOf).join('')}\n`;
}

function dayOf({ fin, at }: LedgerEvent): string {
  const { effectiveAt } = fin;
  const instant = typeof effectiveAt === 'string' && /^\d{4}-\d{2}-\d{2}T/.test(effectiveAt) ? effectiveAt : at;
  return instant.slice(0, 10);
}

/** Two spaces end the name of an account. */
function lineOf({ account, currency, direction, amount }: FoldPosting): string {
  if (!isCurrency(currency)) throw new RangeError(`${currency} is no currency of this ledger.`);
  const signed = amountText({ amount: direction === 'debit' ? amount : -amount, currency });
  const commodity = /^[A-Za-z]+$/.test(currency) ? currency : `"${currency}"`;
  return `    ${nameOf(account)}  ${signed} ${commodity}\n`;
}

/** The chart has letters, digits and a few marks; whatever else somebody posted to is written so that it cannot be taken for syntax. */
function nameOf(account: string): string {
  return account.replaceAll(/[^A-Za-z0-9:._-]/gu, percentEncoded);
}

function percentEncoded(character: string): string {
  return [...Buffer.from(character)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('');
}
