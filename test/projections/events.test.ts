import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { AccountBalancesQuery } from '../../projections/account-balances/account-balances.query.ts';
import { AccountsQuery } from '../../projections/accounts/accounts.query.ts';
import { ProjectedCommandLog } from '../../projections/commands/commands.query.ts';
import { EntitlementsQuery } from '../../projections/entitlements/entitlements.query.ts';
import { CollectionsQuery } from '../../projections/mandates/collections.query.ts';
import { MandatesQuery } from '../../projections/mandates/mandates.query.ts';
import { InvoicesQuery } from '../../projections/invoices/invoices.query.ts';
import { JournalQuery } from '../../projections/journal/journal.query.ts';
import { journalStart } from '../../projections/journal/journal-key.ts';
import { TrialBalanceQuery } from '../../projections/journal/trial-balance.query.ts';
import { statementRange } from '../../projections/statements/moment.ts';
import { StatementsQuery } from '../../projections/statements/statements.query.ts';
import { readModels } from '../../services/main/read-models.ts';
import { accountId, Books, type Fact, invoiceId, minute } from './books.ts';
import { mandateOffered, mandateSigned, offered } from '../unit/settlement/sending.fixtures.ts';
import { ReadModels } from './read-models.ts';

const provider = 'demo';
const account = accountId(1);
const invoice = invoiceId(1);
let models: ReadModels;
let books: Books;
beforeAll(async () => {
  models = await ReadModels.create();
});
afterAll(() => models.drop());
beforeEach(() => {
  books = new Books();
});

/** One event a batch and all in one must not differ; the tables are compared before the last replay is looked at. */
async function replay(): Promise<void> {
  await models.rebuild(books.store, readModels, { batchSizeMax: 1 });
  const oneByOne = await models.hashes(readModels);
  await models.rebuild(books.store, readModels);
  expect(await models.hashes(readModels)).toEqual(oneByOne);
}

const balances = async () => {
  await replay();
  return (await new AccountBalancesQuery(models.pool).find(provider, { account, currency: 'EUR' })).balances;
};
const invoiced = async () => {
  await replay();
  return (await new InvoicesQuery(models.pool).find(provider, invoice))?.detail;
};
const entitled = async (minutes: number) => {
  await replay();
  const { entitlements } = await new EntitlementsQuery(models.pool).at(provider, { account, instant: minute(minutes) });
  return entitlements.map(({ title }) => title);
};
const statement = async (
  bounds: Parameters<typeof statementRange>[0] = { by: 'recorded' },
  page: { cursor?: bigint; limit?: number } = {},
) => {
  const range = statementRange(bounds);
  if (range === undefined) throw new Error('The bounds are of two kinds.');
  return new StatementsQuery(models.pool).find(provider, { account, currency: 'EUR', range, limit: 100, ...page });
};

describe('account-balances', () => {
  it('adds up a top-up and a charge to the wallet', async () => {
    await books.open(account, { billing: 'prepaid' });
    await books.topUp(account, '10');
    await books.charge(account, '0.0045');
    expect(await balances()).toEqual({ wallet: '9.9955', unbilled: '0.00', receivable: '0.00' });
  });

  it('follows a charge from unbilled to receivable to paid, with what is overpaid in the wallet', async () => {
    await books.open(account);
    await books.charge(account, '4.275');
    expect(await balances()).toEqual({ wallet: '0.00', unbilled: '4.275', receivable: '0.00' });
    await books.close(account, invoice);
    expect(await balances()).toEqual({ wallet: '0.00', unbilled: '0.00', receivable: '4.28' });
    await books.pay(account, '5', 'R1');
    expect(await balances()).toEqual({ wallet: '0.72', unbilled: '0.00', receivable: '0.00' });
  });

  it('goes below zero as far as credit allows, and says so with a sign', async () => {
    await books.open(account, { billing: 'prepaid', creditLimit: '5' });
    await books.charge(account, '3');
    expect((await balances()).wallet).toBe('-3.00');
  });

  it('counts postings of event types that it has never heard of', async () => {
    await books.open(account);
    const postings = [
      { account: `asset:receivable:${account}`, amount: '1.50', currency: 'EUR', direction: 'debit' },
      { account: 'revenue:late-fee', amount: '1.50', currency: 'EUR', direction: 'credit' },
    ];
    await books.append('demo.dunning-1', [{ type: 'LateFeeCharged/7', data: { account, postings } }]);
    expect((await balances()).receivable).toBe('1.50');
    expect((await statement()).rows.at(-1)).toMatchObject({ type: 'LateFeeCharged/7', description: 'LateFeeCharged/7' });
  });

  it('holds sums above any single amount', async () => {
    await books.open(account, { billing: 'prepaid' });
    for (let count = 0; count < 3; count++) await books.topUp(account, '999999999999999.999999');
    expect((await balances()).wallet).toBe('2999999999999999.999997');
  });
});

describe('accounts', () => {
  it('shows terms, balances and the revision of the stream', async () => {
    await books.open(account, { billing: 'prepaid', creditLimit: '7.5', currency: 'KWD' });
    await books.topUp(account, '1.2');
    await replay();
    expect(await new AccountsQuery(models.pool).find(provider, account)).toEqual({
      view: {
        account,
        billing: 'prepaid',
        currency: 'KWD',
        creditLimit: '7.500',
        balances: { wallet: '1.200', unbilled: '0.000', receivable: '0.000' },
        revision: 1n,
        openedAt: minute(0),
      },
      asOfPosition: books.last.position,
    });
  });

  it('lists by key, each account once', async () => {
    for (let number = 1; number <= 5; number++) await books.open(accountId(number));
    await replay();
    const query = new AccountsQuery(models.pool);
    const listed: string[] = [];
    let from: string | undefined;
    do {
      const page = await query.page(provider, { from, limit: 2 });
      listed.push(...page.accounts.map((each) => each.account));
      from = page.next;
    } while (from !== undefined);
    expect(listed).toEqual([1, 2, 3, 4, 5].map(accountId));
    expect((await query.page('other', { limit: 10 })).accounts).toEqual([]);
  });
});

describe('journal', () => {
  it('holds one line a posting, with both times', async () => {
    await books.open(account);
    await books.charge(account, '1.5', { effectiveAt: '2026-02-01T00:00:00.000Z', product: 'voice' });
    await replay();
    const { lines, next } = await new JournalQuery(models.pool).page(provider, { from: journalStart, limit: 10 });
    const { position, id: eventId, type, at: recordedAt } = books.last;
    const line = { eventId, type, amount: '1.50', currency: 'EUR', effectiveAt: '2026-02-01T00:00:00.000Z', recordedAt };
    expect(lines).toEqual([
      { ...line, key: { position, line: 0 }, ledgerAccount: `asset:unbilled:${account}`, direction: 'debit' },
      { ...line, key: { position, line: 1 }, ledgerAccount: 'revenue:voice', direction: 'credit' },
    ]);
    expect(next).toBeUndefined();
  });

  it('pages by key, of everything, of one ledger account and of one customer', async () => {
    await books.open(account, { billing: 'prepaid' });
    await books.open(accountId(2), { billing: 'prepaid' });
    for (let count = 1; count <= 3; count++) {
      await books.topUp(account, `${count}`);
      await books.topUp(accountId(2), `${count}0`);
    }
    await replay();
    const query = new JournalQuery(models.pool);
    const all = async (filter: { account?: string; ledgerAccount?: string }) => {
      const amounts: string[] = [];
      let from: Parameters<JournalQuery['page']>[1]['from'] | undefined = journalStart;
      while (from !== undefined) {
        const page: Awaited<ReturnType<JournalQuery['page']>> = await query.page(provider, { ...filter, from, limit: 1 });
        amounts.push(...page.lines.map(({ amount, direction }) => `${direction} ${amount}`));
        from = page.next;
      }
      return amounts;
    };
    expect(await all({})).toHaveLength(12);
    expect(await all({ account })).toEqual(['credit 1.00', 'credit 2.00', 'credit 3.00']);
    expect(await all({ ledgerAccount: 'asset:cash:card' })).toHaveLength(6);
  });

  it('[E8] gives a trial balance that rolls customers up and is zero', async () => {
    await books.open(account, { billing: 'prepaid' });
    await books.topUp(account, '10');
    const { position } = books.last;
    await books.charge(account, '4');
    await replay();
    const query = new TrialBalanceQuery(models.pool);
    expect(await query.at(provider, position)).toEqual({
      asOfPosition: position,
      currencies: [
        {
          currency: 'EUR',
          debits: '10.00',
          credits: '10.00',
          balance: '0.00',
          ledgerAccounts: [
            { ledgerAccount: 'asset:cash:card', debits: '10.00', credits: '0.00', balance: '10.00' },
            { ledgerAccount: 'liability:wallet', debits: '0.00', credits: '10.00', balance: '-10.00' },
          ],
        },
      ],
    });
    expect((await query.at(provider, undefined)).currencies[0]).toMatchObject({ debits: '14.00', credits: '14.00', balance: '0.00' });
    expect((await query.at('other', undefined)).currencies).toEqual([]);
  });
});

describe('invoices', () => {
  beforeEach(async () => {
    await books.open(account);
    await books.charge(account, '4.275');
    await books.close(account, invoice);
  });

  it('is closing until its document exists, then issued with number, lines and places in the log', async () => {
    const closed = books.last;
    expect(await invoiced()).toMatchObject({
      status: 'closing',
      net: '4.275',
      total: '4.28',
      paid: '0.00',
      open: '4.28',
      dueOn: '2026-04-01',
    });
    expect(await invoiced()).not.toHaveProperty('number');
    await books.number();
    expect(await invoiced()).toMatchObject({ status: 'closing', number: 'INV-000001' });
    await books.issue();
    const { id: eventId, position } = books.last;
    expect(await invoiced()).toMatchObject({
      status: 'issued',
      number: 'INV-000001',
      charges: { stream: `demo.account-${account}`, fromRevision: '1', toRevision: '1' },
      closed: { eventId: closed.id, position: closed.position.toString() },
      document: {
        lines: [{ product: 'internet-100', description: 'Charge internet-100', count: '1', amount: '4.275' }],
        taxLines: [{ code: 'untaxed', net: '4.275', payable: '4.28' }],
        priceBooks: [],
        eventId,
        position: position.toString(),
      },
    });
  });

  it('is owed again by what goes back on chain, and paid again by what comes to nothing', async () => {
    await books.settle(account, '5');
    expect(await invoiced()).toMatchObject({ paid: '4.28', open: '0.00' });
    await books.refund(account, '3');
    expect(await invoiced()).toMatchObject({ paid: '2.00', open: '2.28' }); // 0.72 of it had been too much.
    await books.refund(account, '1', true);
    expect(await invoiced()).toMatchObject({ paid: '2.00', open: '2.28' });
    expect(((await statement())?.rows ?? []).slice(-3).map(({ description }) => description)).toEqual(['outage', 'outage', 'expired']);
  });

  it('[D4] is paid in parts, and owed again when a payment is taken back', async () => {
    await books.number();
    await books.issue();
    await books.pay(account, '1', 'R1');
    expect(await invoiced()).toMatchObject({ status: 'partially_paid', paid: '1.00', open: '3.28' });
    await books.pay(account, '4', 'R2');
    expect(await invoiced()).toMatchObject({ status: 'paid', paid: '4.28', open: '0.00' });
    await books.reverse(account, 4);
    expect(await invoiced()).toMatchObject({ status: 'partially_paid', paid: '1.00', open: '3.28' });
    await books.reverse(account, 3);
    expect(await invoiced()).toMatchObject({ status: 'issued', paid: '0.00', open: '4.28' });
  });

  it('keeps a payment that comes before the document', async () => {
    await books.pay(account, '4.28', 'R1');
    expect(await invoiced()).toMatchObject({ status: 'closing', paid: '4.28', open: '0.00' });
    await books.number();
    await books.issue();
    expect(await invoiced()).toMatchObject({ status: 'paid', paid: '4.28' });
  });

  it('lists the newest first, by key, by account and by status', async () => {
    await books.number();
    await books.issue();
    for (let number = 2; number <= 4; number++) {
      await books.charge(account, '1');
      await books.close(account, invoiceId(number));
    }
    await replay();
    const query = new InvoicesQuery(models.pool);
    const first = await query.page(provider, { account, limit: 3 });
    expect(first.invoices.map((each) => each.invoice)).toEqual([4, 3, 2].map(invoiceId));
    const second = await query.page(provider, { account, from: first.next, limit: 3 });
    expect(second.invoices.map((each) => each.invoice)).toEqual([invoice]);
    expect(second.next).toBeUndefined();
    expect((await query.page(provider, { status: 'issued', limit: 9 })).invoices.map((each) => each.invoice)).toEqual([invoice]);
    expect((await query.page(provider, { account: accountId(9), limit: 9 })).invoices).toEqual([]);
    expect(await query.find('other', invoice)).toBeUndefined();
  });
});

describe('statements', () => {
  it('[A21] show one account whole: wallet, charges, invoices, payments and purchases, with running balances', async () => {
    await books.open(account);
    await books.topUp(account, '20');
    await books.purchase(account, 'ttl_final', { price: '5', source: 'wallet' });
    await books.charge(account, '3', { product: 'internet-100' });
    await books.close(account, invoice);
    await books.number();
    await books.issue();
    await books.pay(account, '2', 'R1');
    await books.reverse(account, 2);
    await replay();
    const { rows, opening, closing } = await statement();
    expect(
      rows.map(({ type, description, movement: { wallet, unbilled, receivable } }) => [type, description, wallet, unbilled, receivable]),
    ).toEqual([
      ['ToppedUp/1', 'card', '20.00', '0.00', '0.00'],
      ['TitlePurchased/1', 'Title ttl_final', '-5.00', '0.00', '0.00'],
      ['ChargePosted/1', 'Charge internet-100', '0.00', '3.00', '0.00'],
      ['ChargesClosed/1', '3.00 EUR, due 2026-04-01', '0.00', '-3.00', '3.00'],
      ['InvoiceIssued/1', 'INV-000001', '0.00', '0.00', '0.00'],
      ['PaymentReceived/1', 'bank R1', '0.00', '0.00', '-2.00'],
      ['EntryReversed/1', 'mistake', '5.00', '0.00', '0.00'],
    ]);
    expect(rows.map(({ balances: after }) => after.wallet)).toEqual(['20.00', '15.00', '15.00', '15.00', '15.00', '15.00', '20.00']);
    expect(opening).toEqual({ wallet: '0.00', unbilled: '0.00', receivable: '0.00' });
    expect(closing).toEqual({ wallet: '20.00', unbilled: '0.00', receivable: '1.00' });
  });

  it('show a charge of zero units, which moves nothing', async () => {
    await books.open(account);
    await books.charge(account, '0');
    await replay();
    expect((await statement()).rows).toMatchObject([{ type: 'ChargePosted/1', movement: { unbilled: '0.00' } }]);
  });

  it('meet without gap or overlap, by day, by instant and by position, recorded and effective', async () => {
    await books.open(account);
    const days = ['2026-01-31', '2026-02-01', '2026-02-01', '2026-02-28'];
    for (const [index, day] of days.entries()) await books.charge(account, `${index + 1}`, { effectiveAt: `${day}T23:59:59.999Z` });
    await replay();
    const day = (text: string) => ({ kind: 'day' as const, day: text });
    const instant = (text: string) => ({ kind: 'instant' as const, instant: text });
    const february = await statement({ from: day('2026-02-01'), to: day('2026-02-28'), by: 'effective' });
    expect([february.opening, february.movements, february.closing].map(({ unbilled }) => unbilled)).toEqual(['1.00', '9.00', '10.00']);
    const january = await statement({ to: day('2026-01-31'), by: 'effective' });
    expect(january.closing).toEqual(february.opening);
    const recorded = await statement({ from: instant(minute(2)), to: instant(minute(4)), by: 'recorded' });
    expect(recorded.rows.map(({ movement }) => movement.unbilled)).toEqual(['2.00', '3.00']);
    const from = (books.facts[2] as Fact).position;
    const byPosition = await statement({
      from: { kind: 'position', position: from },
      to: { kind: 'position', position: from + 1_000n },
      by: 'recorded',
    });
    expect(byPosition.rows.map(({ movement }) => movement.unbilled)).toEqual(['3.00', '4.00']);
    expect(byPosition.opening.unbilled).toBe('3.00');
    expect(statementRange({ from: day('2026-02-01'), to: { kind: 'position', position: 1n }, by: 'recorded' })).toBeUndefined();
  });

  it('page by key with the same running balances, also where business time and log order differ', async () => {
    await books.open(account);
    for (const day of ['2026-02-03', '2026-02-01', '2026-02-02', '2026-02-01']) {
      await books.charge(account, day.slice(-1), { effectiveAt: `${day}T12:00:00.000Z` });
    }
    await replay();
    const whole = await statement({ by: 'effective' });
    expect(whole.rows.map(({ balances: after }) => after.unbilled)).toEqual(['1.00', '2.00', '4.00', '7.00']);
    const paged: (typeof whole.rows)[number][] = [];
    let cursor: bigint | undefined;
    do {
      const page = await statement({ by: 'effective' }, { limit: 1, ...(cursor !== undefined && { cursor }) });
      expect(page.closing).toEqual(whole.closing);
      paged.push(...page.rows);
      cursor = page.next;
    } while (cursor !== undefined);
    expect(paged).toEqual(whole.rows);
  });
});

describe('entitlements', () => {
  beforeEach(async () => {
    await books.open(account);
    await books.purchase(account, 'ttl_1', { from: 100, until: 200 });
  });

  it('[A12] begin and end by themselves: from is in, until is out', async () => {
    expect(await entitled(99)).toEqual([]);
    expect(await entitled(100)).toEqual(['ttl_1']);
    expect(await entitled(199)).toEqual(['ttl_1']);
    expect(await entitled(200)).toEqual([]);
  });

  it('[A12] end with the reversal of the purchase, and begin again with the next purchase', async () => {
    await books.reverse(account, 1);
    expect(await entitled(150)).toEqual([]);
    await books.purchase(account, 'ttl_1', { from: 100, until: 200 });
    expect(await entitled(150)).toEqual(['ttl_1']);
  });

  it('are not touched by the reversal of anything else', async () => {
    await books.charge(account, '1');
    await books.reverse(account, 2);
    expect(await entitled(150)).toEqual(['ttl_1']);
  });
});

describe('mandates', () => {
  it('are listed by account with how they stand, the newest first and by pages', async () => {
    const ended = `0x${'1'.repeat(64)}`;
    const theirs = { ...offered, mandate: `0x${'2'.repeat(64)}`, account: accountId(2) };
    await books.append('demo.mandate-1', [
      { type: 'MandateOffered/1', data: { ...offered, mandate: ended, account } },
      { type: 'MandateRevoked/1', data: { mandate: ended, by: 'chain' } },
    ]);
    await books.append('demo.mandate-2', [{ type: 'MandateOffered/1', data: theirs }]);
    await books.append('demo.mandate-3', [{ ...mandateOffered, data: { ...offered, account } }, mandateSigned]);
    await replay();
    const page = async (before?: bigint, limit = 10) =>
      (await new MandatesQuery(models.pool).ofAccount(provider, { account, before, limit })).mandates;
    const all = await page();
    expect(all.map(({ mandate, status }) => [mandate, status])).toEqual([
      [offered.mandate, 'agreed'],
      [ended, 'revoked'],
    ]);
    expect(all[0]).toMatchObject({ chainId: offered.chainId, contract: offered.contract, currency: 'USDC', terms: offered.terms });
    expect([await page(undefined, 1), await page(all[0]?.position)]).toEqual([[all[0]], [all[1]]]);
  });

  it('are listed by payer: however many others of the account are newer', async () => {
    const others = ['3', '4'].map((digit) => ({
      ...offered,
      ...{ mandate: `0x${digit.repeat(64)}`, account, terms: { ...offered.terms, payer: `0x${digit.repeat(40)}` } },
    }));
    for (const [index, data] of [{ ...offered, account }, ...others].entries())
      await books.append(`demo.mandate-${index}`, [{ type: 'MandateOffered/1', data }]);
    await replay();
    const { payer } = offered.terms;
    const { mandates } = await new MandatesQuery(models.pool).ofAccount(provider, { account, payer, limit: 1 });
    expect(mandates.map(({ mandate }) => mandate)).toEqual([offered.mandate]);
  });

  it('are all tried for what is due, the oldest first: those that are agreed to and in their time', async () => {
    await books.open(account);
    await books.charge(account, '8');
    await books.close(account, invoice);
    await books.number();
    await books.issue();
    const [now, { start, end }] = [Number(offered.terms.start) + 1, offered.terms];
    const mandates: [string, Partial<typeof offered.terms>][] = [
      ['1', {}],
      ['2', { end: start }],
      ['3', { start: end, end: `${end}0` }],
      ['4', {}],
    ];
    for (const [digit, terms] of mandates) {
      const mandate = `0x${digit.repeat(64)}`;
      await books.append(`demo.mandate-${digit}`, [
        { type: 'MandateOffered/1', data: { ...offered, mandate, account, terms: { ...offered.terms, ...terms } } },
        { type: 'MandateSigned/1', data: { mandate, signature: '0x' } },
      ]);
    }
    await books.append('demo.mandate-5', [{ type: 'MandateOffered/1', data: { ...offered, mandate: `0x${'5'.repeat(64)}`, account } }]);
    await replay();
    const due = await Array.fromAsync(new CollectionsQuery(models.pool, provider).due({ day: '2099-12-31', now }));
    expect(due.map((each) => [each.invoice, each.mandates])).toEqual([
      [invoice, ['1', '4'].map((digit) => ({ mandate: `0x${digit.repeat(64)}`, chainId: offered.chainId }))],
    ]);
    expect(await Array.fromAsync(new CollectionsQuery(models.pool, provider).due({ day: '2099-12-31', now: Number(start) - 1 }))).toEqual(
      [],
    );
  });
});

describe('commands', () => {
  const same = { command: '00000000-0000-5000-8000-00000000000c', at: minute(1) } as const;

  it('find every command that wrote, with its first and last event', async () => {
    await books.open(account);
    const [first] = await books.append('demo.series-main', [
      { type: 'Noted/1', data: {} },
      { type: 'Noted/1', data: {} },
      { type: 'Noted/1', data: {} },
    ]);
    if (first === undefined) throw new Error('Three events were written.');
    await replay();
    const log = new ProjectedCommandLog(models.pool);
    expect(await log.find([first.command, 'unknown'])).toEqual(
      new Map([
        [
          first.command,
          {
            fingerprint: `fingerprint of ${first.command}`,
            stream: 'demo.series-main',
            firstRevision: 0n,
            revision: 2n,
            position: books.last.position,
          },
        ],
      ]),
    );
    expect(await log.find([])).toEqual(new Map());
    expect(await log.position()).toBe(books.last.position);
  });

  it('belong to the stream that came first, when two raced with one key', async () => {
    await books.append('demo.note-1', [{ type: 'Noted/1', data: {} }], same);
    await books.append('demo.note-2', [{ type: 'Noted/1', data: {} }], same);
    await replay();
    const found = await new ProjectedCommandLog(models.pool).find([same.command]);
    expect(found.get(same.command)).toMatchObject({ stream: 'demo.note-1', revision: 0n });
  });

  it('know nothing before their tables exist, which is no proof of absence', async () => {
    const empty = await ReadModels.create();
    const log = new ProjectedCommandLog(empty.pool);
    expect(await log.find(['any'])).toEqual(new Map());
    expect(await log.position()).toBe(0n);
    await empty.drop();
  });
});
