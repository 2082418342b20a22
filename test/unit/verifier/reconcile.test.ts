import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parseStatement } from '../../../verifier/outside/statement.ts';
import { LogBuilder, writeFiles } from '../../support/log-builder.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tallyroot-reconcile-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const header = 'date,amount,currency,reference,method,iban';
const log = new LogBuilder();

function pay(
  amount: string,
  reference: string,
  date: string,
  { method = 'bank', to = log, id }: { method?: string; to?: LogBuilder; id?: string } = {},
): number {
  const line = (account: string, direction: string) => ({ account, amount, currency: 'EUR', direction });
  const postings = [line(`asset:cash:${method}`, 'debit'), line('asset:receivable:acc_1', 'credit')];
  const fin = {
    account: 'acc_1',
    amount,
    currency: 'EUR',
    effectiveAt: `${date}T10:00:00.000Z`,
    method,
    payment: 'pay_1',
    postings,
    reference,
  };
  return to.append({ stream: 'north.account-acc_1', type: 'PaymentReceived/1', fin, ...(id !== undefined && { id }) });
}

while (log.size < 250) log.move('1.00');
pay('40.00', 'SEPA 4711', '2026-06-01');
pay('40.00', 'SEPA 4711', '2026-06-02');
while (log.size < 260) log.move('1.00');
const unpaid = pay('12.50', 'SEPA, "quoted"', '2026-06-15');
pay('99.00', 'card-1', '2026-06-10', { method: 'card' });
pay('7.00', 'SEPA later', '2026-07-20');

function reconcile(...lines: string[]) {
  return reconcileWith(log, lines);
}

function reconcileWith(
  audited: LogBuilder,
  lines: readonly string[],
  ...options: string[]
): Promise<{ exitCode: number; stdout: string; stderr: string }> {
  const [logFolder, statement] = [join(folder, 'log'), join(folder, 'statement.csv')];
  writeFiles(logFolder, audited.files());
  writeFileSync(statement, [header, ...lines].join('\r\n'));
  const cli = join(import.meta.dirname, '..', '..', '..', 'verifier', 'reconcile-cli.ts');
  const args = ['--log', logFolder, '--genesis', audited.genesisHash, '--offline', '--statement', statement, ...options];
  return new Promise((resolve) =>
    execFile(process.execPath, [cli, ...args], (error, stdout, stderr) =>
      resolve({ exitCode: error === null ? 0 : Number(error.code), stdout, stderr }),
    ),
  );
}

const paid = [
  '2026-06-01,40,EUR,SEPA 4711,bank,x',
  '2026-06-03,40.00,EUR,SEPA 4711,bank,x',
  '2026-06-16,12.5,EUR,"SEPA, ""quoted""",bank,x',
];

describe('[ATT-12] [ATT-13] a statement of a bank', () => {
  it('agrees with a log that has each of its payments once', async () => {
    expect(await reconcile(...paid)).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('3 of 3 lines are in the log') });
  });

  it('is held against the payments of the log before, too, where a log goes on with another one', async () => {
    const next = new LogBuilder({ supersedes: { log, size: log.size } });
    pay('5.00', 'SEPA new', '2026-06-17', { to: next, id: '00000000-0000-4000-8000-000000000001' });
    const before = join(folder, 'before');
    writeFiles(before, log.files());
    const lines = [...paid, '2026-06-17,5,EUR,SEPA new,bank,x'];
    expect(await reconcileWith(next, lines, '--superseded', before)).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('4 of 4 lines are in the log'),
    });
    expect(await reconcileWith(next, lines)).toMatchObject({ exitCode: 2, stdout: expect.stringContaining('UNVERIFIABLE') });
  });

  it('shows money that came in and was kept out of the log, a second payment of the same reference too', async () => {
    const { exitCode, stdout } = await reconcile(...paid, '2026-06-09,40,EUR,SEPA 4711,bank,x', '2026-06-10,1.00,EUR,nobody knows,bank,x');
    expect([exitCode, stdout.match(/missing in the log: line \d/g)]).toEqual([
      1,
      ['missing in the log: line 5', 'missing in the log: line 6'],
    ]);
  });

  it('shows a payment in the log for which no money came in, in its days and of its methods only', async () => {
    const { exitCode, stdout } = await reconcile(paid[0]!, paid[1]!, '2026-06-30,5.00,EUR,other,bank,x');
    expect([exitCode, stdout.match(/missing on the statement: leaf \d+/g)]).toEqual([1, [`missing on the statement: leaf ${unpaid}`]]);
  });

  it('shows an amount that the log has otherwise, from both sides', async () => {
    const { exitCode, stdout } = await reconcile(paid[0]!, paid[1]!, paid[2]!.replace('12.5', '12.51'));
    expect([exitCode, stdout.match(/missing (in|on)/g)]).toEqual([1, ['missing in', 'missing on']]);
  });

  it('is compared with no log that is not VALID', async () => {
    const { events } = log;
    const honest = events[unpaid]!;
    events[unpaid] = { ...honest, data: honest.data.replaceAll('12.50', '12.51') };
    try {
      expect(await reconcile(...paid)).toMatchObject({ exitCode: 1, stdout: expect.stringMatching(/^INVALID/) });
    } finally {
      events[unpaid] = honest;
    }
  });

  it.each([
    ['no column', 'date,amount,currency\n2026-06-01,1,EUR'],
    ['a date of another form', 'date,amount,currency,reference\n01.06.2026,1,EUR,x'],
    ['an amount that went out', 'date,amount,currency,reference\n2026-06-01,-1,EUR,x'],
    ['an amount with a comma', 'date,amount,currency,reference\n2026-06-01,"1,50",EUR,x'],
    ['no amount', 'date,amount,currency,reference\n2026-06-01,0.00,EUR,x'],
    ['no reference', 'date,amount,currency,reference\n2026-06-01,1,EUR,'],
    ['a line that is too short', 'date,amount,currency,reference\n2026-06-01,1'],
    ['a quote that never ends', 'date,amount,currency,reference\n2026-06-01,1,EUR,"x'],
  ])('is refused with %s', (_, text) => expect(() => parseStatement(Buffer.from(text))).toThrow(RangeError));
});
