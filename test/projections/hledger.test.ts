import { execFileSync, spawnSync } from 'node:child_process';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { hledgerHeader, hledgerTransaction } from '../../services/accounts/application/hledger-journal.ts';
import { canonicalJson, type Json } from '../../services/event-store/domain/canonical-json.ts';
import { moneyOf } from '../../services/money/money.ts';
import { type Posting, signedAmount } from '../../services/money/posting.ts';
import type { Books } from './books.ts';
import { randomBooks, randomSteps } from './random-books.ts';

/*
 * hledger is plain text accounting by other people, in another language. Where it is not installed the comparison is left out, and Jest says
 * so; CI installs it.
 */

const hasHledger = spawnSync('hledger', ['--version']).status === 0;
const withHledger = hasHledger ? describe : describe.skip;
const numRuns = 8;

async function journalOf(books: Books): Promise<string> {
  let text = hledgerHeader;
  for await (const event of books.store.readAll()) text += hledgerTransaction(event);
  return text;
}

function hledger(journal: string, ...args: string[]): string {
  return execFileSync('hledger', ['-f', '-', ...args], { input: journal, encoding: 'utf8', stdio: ['pipe', 'pipe', 'pipe'] });
}

/** By account and currency, at ledger scale, as hledger adds them up; without those that are zero. */
function balancesBy(journal: string): Map<string, bigint> {
  const [, ...rows] = hledger(journal, 'balance', '--flat', '--no-total', '--layout=bare', '-O', 'csv').trim().split('\n');
  const fields = rows.map((row) => JSON.parse(`[${row}]`) as [string, 'EUR', string]);
  return new Map(
    fields.map(([account, currency, balance]) => [`${account} ${currency}`, moneyOf(trimmed(balance, currency), currency).amount]),
  );
}

/** hledger shows as many decimals as it has seen in the currency; the ledger's own text has no zeros behind the payable ones. */
function trimmed(balance: string, currency: string): string {
  const payable = currency === 'KWD' ? 3 : 2;
  const [whole = '', decimals = ''] = balance.split('.');
  return `${whole}.${decimals.padEnd(payable, '0').replace(new RegExp(`^(.{${payable},}?)0+$`), '$1')}`;
}

/** The sums of the events themselves. */
function balancesOf(books: Books): Map<string, bigint> {
  const sums = new Map<string, bigint>();
  for (const { data } of books.facts) {
    for (const line of (data as { readonly postings?: readonly Posting[] }).postings ?? []) {
      const key = `${line.account} ${line.currency}`;
      sums.set(key, (sums.get(key) ?? 0n) + signedAmount(line).amount);
    }
  }
  return new Map([...sums].filter(([, amount]) => amount !== 0n));
}

withHledger('[E8] the books as hledger reads them', () => {
  it('balance in every transaction, and come to the same balance of every account', async () => {
    await fc.assert(
      fc.asyncProperty(randomSteps, async (steps) => {
        const books = await randomBooks(steps);
        const journal = await journalOf(books);
        hledger(journal, 'check');
        expect(balancesBy(journal)).toEqual(balancesOf(books));
      }),
      { numRuns, seed: 20_261_126 },
    );
  }, 120_000);

  it('are refused by hledger when one amount is not what was posted', async () => {
    const steps = fc.sample(randomSteps, { numRuns: 1, seed: 7 })[0] ?? [];
    const books = await randomBooks([...steps, { kind: 'topUp', who: 0, amount: '12.345678' }]);
    const journal = await journalOf(books);
    expect(journal).toContain('12.345678 EUR');
    expect(() => hledger(journal.replace('  12.345678 EUR', '  12.345679 EUR'), 'check')).toThrow(/could not balance/);
  });
});

describe('an hledger journal', () => {
  const fin = (lines: Json) => canonicalJson({ fin: { effectiveAt: '2026-02-03T23:59:59.999Z', postings: lines } });
  const line = (account: string, direction: string) => ({ account, amount: '1.50', currency: 'EUR', direction });
  const metadata = JSON.stringify({
    ...{ at: '2026-03-01T12:00:00.000Z', body: { actor: { id: 'a', type: 'process' }, command: 'c', correlation: 'c', fingerprint: 'f' } },
    ...{ ms: '0'.repeat(64), prev: '0'.repeat(64), ps: '0'.repeat(64) },
  });
  const stored = (data: string) => ({
    ...{ id: '5c1b7b0e-0000-4000-8000-000000000000', stream: 'demo.account-acc_1', revision: 3n, position: 9n, type: 'ChargePosted/1' },
    ...{ data, metadata, createdAt: new Date(0) },
  });

  it('has the business day, the place of the event in the log, and signed amounts', () => {
    const data = fin([line('asset:unbilled:acc_1', 'debit'), line('revenue:tv', 'credit')]);
    expect(hledgerTransaction(stored(data))).toBe(
      [
        '2026-02-03 ChargePosted/1  ; event:5c1b7b0e-0000-4000-8000-000000000000, place:demo.account-acc_1@3, recorded:2026-03-01T12:00:00.000Z',
        '    asset:unbilled:acc_1  1.50 EUR',
        '    revenue:tv  -1.50 EUR',
        '',
        '',
      ].join('\n'),
    );
  });

  it('leaves out what posts nothing, and takes no name for syntax', () => {
    expect(hledgerTransaction(stored(fin([line('a', 'debit')])))).toBe('');
    expect(hledgerTransaction(stored('{"fin":{}}'))).toBe('');
    expect(hledgerTransaction({ ...stored('{"fin":{}}'), metadata: undefined })).toBe('');
    const odd = hledgerTransaction(stored(fin([line('a  1;b\n2026-01-01 x', 'debit'), line('(v)', 'credit')])));
    expect(odd.split('\n').slice(1, 3)).toEqual(['    a%20%201%3Bb%0A2026-01-01%20x  1.50 EUR', '    %28v%29  -1.50 EUR']);
  });
});
