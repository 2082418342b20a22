import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { AccountBalancesQuery } from '../../projections/account-balances/account-balances.query.ts';
import { AccountsQuery } from '../../projections/accounts/accounts.query.ts';
import { EntitlementsQuery } from '../../projections/entitlements/entitlements.query.ts';
import { InvoicesQuery } from '../../projections/invoices/invoices.query.ts';
import { TrialBalanceQuery } from '../../projections/journal/trial-balance.query.ts';
import { statementRange } from '../../projections/statements/moment.ts';
import { StatementsQuery } from '../../projections/statements/statements.query.ts';
import type { OpenAccount } from '../../services/accounts/domain/open-account.ts';
import { readModels } from '../../services/main/read-models.ts';
import type { Currency } from '../../services/money/currency.ts';
import { amountText, moneyOf } from '../../services/money/money.ts';
import { type Posting, signedAmount } from '../../services/money/posting.ts';
import { type Books, type Fact, minute } from './books.ts';
import { randomBooks, randomSteps } from './random-books.ts';
import { ReadModels } from './read-models.ts';

let models: ReadModels;
beforeAll(async () => {
  models = await ReadModels.create();
});
afterAll(() => models.drop());

/** The specification alone: the sum of postings, debits minus credits, by ledger account. */
function balancesOf(books: Books): Map<string, bigint> {
  const balances = new Map<string, bigint>();
  for (const { data } of books.facts) {
    const { postings = [] } = data as { readonly postings?: readonly Posting[] };
    for (const line of postings) {
      const key = `${line.account} ${line.currency}`;
      balances.set(key, (balances.get(key) ?? 0n) + signedAmount(line).amount);
    }
  }
  return balances;
}

/** What the decider's own fold says of an account, in the form in which read models say it. */
function placesOf({ wallet, unbilled, openInvoices, currency }: OpenAccount) {
  const receivable = openInvoices.reduce((sum, { open }) => sum + open, 0n);
  const text = (amount: bigint) => amountText({ amount, currency });
  return { wallet: text(wallet), unbilled: text(unbilled), receivable: text(receivable) };
}

/** What some facts post to the places of an account, as read models say it. */
function placesPosted(facts: readonly Fact[], currency: Currency) {
  const sums = { wallet: 0n, unbilled: 0n, receivable: 0n };
  for (const { data } of facts) {
    const { postings = [] } = data as { readonly postings?: readonly Posting[] };
    for (const line of postings) {
      if (line.account.startsWith('liability:wallet:')) sums.wallet -= signedAmount(line).amount;
      if (line.account.startsWith('asset:unbilled:')) sums.unbilled += signedAmount(line).amount;
      if (line.account.startsWith('asset:receivable:')) sums.receivable += signedAmount(line).amount;
    }
  }
  const text = (amount: bigint) => amountText({ amount, currency });
  return { wallet: text(sums.wallet), unbilled: text(sums.unbilled), receivable: text(sums.receivable) };
}

function openStates(books: Books): OpenAccount[] {
  return books.accounts.map((account) => books.stateOf(account) as OpenAccount);
}

async function forRandomBooks(numRuns: number, check: (books: Books) => Promise<void>): Promise<void> {
  await fc.assert(
    fc.asyncProperty(randomSteps, async (steps) => {
      const books = await randomBooks(steps);
      await models.rebuild(books.store, readModels, { batchSizeMax: 16 });
      await check(books);
    }),
    { numRuns },
  );
}

describe('read models of random histories', () => {
  it('[E8] hold the sum of all postings in every balance', async () => {
    await forRandomBooks(12, async (books) => {
      const rows = await models.rows<{ ledger_account: string; currency: 'EUR'; balance: string }>(
        `select ledger_account, currency, trim_scale(balance)::text as balance from account_balances`,
      );
      const stored = new Map(rows.map((row) => [`${row.ledger_account} ${row.currency}`, moneyOf(row.balance, row.currency).amount]));
      expect(stored).toEqual(balancesOf(books));
    });
  });

  it('[E8] have a trial balance of zero per currency at every position', async () => {
    const query = new TrialBalanceQuery(models.pool);
    await forRandomBooks(8, async (books) => {
      for (const { position } of books.facts) {
        const { currencies, asOfPosition } = await query.at(books.provider, position);
        expect(asOfPosition).toBe(position);
        for (const { currency, balance } of currencies) expect(balance).toBe(amountText({ amount: 0n, currency }));
      }
    });
  });

  it('say of every account what its decider knows: balances, terms, revision, open invoices, titles', async () => {
    const balances = new AccountBalancesQuery(models.pool);
    const accounts = new AccountsQuery(models.pool);
    const invoices = new InvoicesQuery(models.pool);
    const entitlements = new EntitlementsQuery(models.pool);
    await forRandomBooks(12, async (books) => {
      for (const state of openStates(books)) {
        const { account, currency, billing } = state;
        expect((await balances.find(books.provider, { account, currency })).balances).toEqual(placesOf(state));
        const view = (await accounts.find(books.provider, account))?.view;
        expect(view).toMatchObject({ billing, currency, revision: state.revision, balances: placesOf(state) });
        const { invoices: listed } = await invoices.page(books.provider, { account, limit: 100 });
        const open = listed.filter((invoice) => invoice.open !== amountText({ amount: 0n, currency })).reverse();
        expect(open.map((each) => ({ invoice: each.invoice, open: moneyOf(each.open, currency).amount }))).toEqual(state.openInvoices);
        const valid = await entitlements.at(books.provider, { account, instant: minute(1) });
        expect(valid.entitlements.map(({ title }) => title).sort()).toEqual([...state.purchases.keys()].sort());
      }
    });
  });

  it('[E9] tell an account as of any instant, recorded or effective, as a replay of what was earlier does', async () => {
    const query = new StatementsQuery(models.pool);
    await forRandomBooks(6, async (books) => {
      // Some charges are told later than they happened.
      for (const [index, days] of [40, 1, 40, 0].entries())
        await books.charge(books.accounts[0] as string, `0.${index + 1}`, { effectiveAt: minute(-days * 24 * 60) });
      await models.follow(books.store, readModels);
      for (const { account, currency } of openStates(books)) {
        const facts = books.factsOf(account);
        for (const by of ['recorded', 'effective'] as const) {
          const timeOf = ({ at, data }: Fact) => (by === 'recorded' ? at : ((data as { effectiveAt?: string }).effectiveAt ?? at));
          const instants = facts.flatMap((fact) => [timeOf(fact), new Date(Date.parse(timeOf(fact)) + 1).toISOString()]);
          for (const instant of new Set(instants)) {
            const expected = placesPosted(
              facts.filter((fact) => timeOf(fact) < instant),
              currency,
            );
            const range = statementRange({ to: { kind: 'instant', instant }, by });
            if (range === undefined) throw new Error('One kind of bound makes a range.');
            const { closing } = await query.closing(books.provider, { account, currency, range });
            expect([by, instant, closing]).toEqual([by, instant, expected]);
          }
        }
      }
    });
  });

  it('[E9] tell an account at any position as a replay up to there does, and opening plus movements is closing', async () => {
    const query = new StatementsQuery(models.pool);
    await forRandomBooks(6, async (books) => {
      for (const { account, currency } of openStates(books)) {
        const facts = books.factsOf(account);
        const running = { wallet: 0n, unbilled: 0n, receivable: 0n };
        for (const fact of facts) {
          const { postings = [] } = fact.data as { readonly postings?: readonly Posting[] };
          for (const line of postings) {
            if (line.account.startsWith('liability:wallet:')) running.wallet -= signedAmount(line).amount;
            if (line.account.startsWith('asset:unbilled:')) running.unbilled += signedAmount(line).amount;
            if (line.account.startsWith('asset:receivable:')) running.receivable += signedAmount(line).amount;
          }
          const text = (amount: bigint) => amountText({ amount, currency });
          const expected = { wallet: text(running.wallet), unbilled: text(running.unbilled), receivable: text(running.receivable) };
          const to = { kind: 'position' as const, position: fact.position };
          const before = statementRange({ to, by: 'recorded' });
          const after = statementRange({ from: to, by: 'recorded' });
          if (before === undefined || after === undefined) throw new Error('One kind of bound makes a range.');
          const upToHere = await query.find(books.provider, { account, currency, range: before, limit: 500 });
          const fromHere = await query.find(books.provider, { account, currency, range: after, limit: 500 });
          expect(upToHere.closing).toEqual(expected);
          expect(fromHere.opening).toEqual(expected);
          for (const statement of [upToHere, fromHere]) {
            for (const place of ['wallet', 'unbilled', 'receivable'] as const) {
              const amount = (of: { readonly wallet: string; readonly unbilled: string; readonly receivable: string }) =>
                moneyOf(of[place], currency).amount;
              expect(amount(statement.opening) + amount(statement.movements)).toBe(amount(statement.closing));
              const rows = statement.rows.reduce((sum, row) => sum + amount(row.movement), 0n);
              expect(rows).toBe(amount(statement.movements));
              expect(statement.rows.at(-1)?.balances[place] ?? statement.closing[place]).toBe(statement.closing[place]);
            }
          }
        }
      }
    });
  });
});
