import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { startThrowawayChain, type ThrowawayChain } from '../../bench/support/throwaway-chain.ts';
import { projectRoot } from '../../services/read-store/project-root.ts';
import { type Answer, startTestService, type TestService } from '../support/service.ts';

let chain: ThrowawayChain;
let mining: NodeJS.Timeout;
let api: TestService;
let owner: pg.Client;
let folder: string;
let genesisHash: string;
let account: string;
let invoice: string;
/** Every answer to a command, as its sender keeps it. */
const kept: Answer['body'][] = [];
let position: string;

async function sent(path: string, body: object): Promise<Answer['body']> {
  const answer = await api.post(path, body);
  expect([path, answer.status]).toEqual([path, 201]);
  kept.push(answer.body);
  position = answer.body.position as string;
  return answer.body;
}

beforeAll(async () => {
  chain = await startThrowawayChain();
  // Whoever anchors waits for finality, which a chain without traffic never reaches.
  mining = setInterval(() => void chain.provider.send('evm_mine', []).catch(() => undefined), 100);
  api = await startTestService({ chain: { rpcUrl: chain.url } });
  owner = new pg.Client({ connectionString: api.ownerUrl });
  await owner.connect();
  folder = await mkdtemp(join(tmpdir(), 'tallyroot-answers-'));
  genesisHash = await api.service.integrity.logs.genesisHashOf('demo');
  account = (await sent('/v1/accounts', { billing: 'postpaid', currency: 'EUR', creditLimit: '100' })).id as string;
  const charge = { amount: '4.275', currency: 'EUR', product: 'internet-100', description: 'Internet 100' };
  await sent(`/v1/accounts/${account}/charges`, charge);
  invoice = (await sent(`/v1/accounts/${account}/invoices`, { dueOn: '2026-12-31' })).id as string;
  await sent(`/v1/accounts/${account}/payments`, { amount: '1', currency: 'EUR', method: 'bank', reference: 'R1' });
  await sent(`/v1/accounts/${account}/charges`, charge);
  await api.service.integrity.anchoring.anchorer.anchorNow('demo');
});
afterAll(async () => {
  clearInterval(mining);
  await owner.end();
  await api.close();
  await chain.stop();
  await rm(folder, { recursive: true, force: true });
});

const balances = () => api.get(`/v1/accounts/${account}/balances/signed?after=${position}`);

async function signedInvoice(): Promise<Answer> {
  for (let attempt = 0; ; attempt++) {
    const answer = await api.get(`/v1/invoices/${invoice}/signed?after=${position}`);
    if (answer.status === 200 && answer.body.proven !== undefined) return answer;
    if (attempt === 200) throw new Error(JSON.stringify(answer.body));
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** The auditor's command on the live log with what a customer handed in. */
async function verify(claims: Readonly<Record<'answers' | 'receipts', readonly unknown[]>>): Promise<{ code: number; output: string }> {
  const args = [
    join(projectRoot(import.meta.dirname), 'verifier', 'cli.ts'),
    '--log',
    `${api.service.url}/logs/demo/`,
    '--genesis',
    genesisHash,
  ];
  for (const [name, values] of Object.entries(claims)) {
    const file = join(folder, `${name}.jsonl`);
    await writeFile(file, values.map((value) => `${JSON.stringify(value)}\n`).join(''));
    args.push(`--${name}`, file);
  }
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [...args, '--rpc', chain.url, '--token', api.token], (_, stdout, stderr) =>
      resolve({ code: child.exitCode ?? 2, output: stdout + stderr }),
    );
  });
}

/** A head that covers the size of an answer is published within a second; the verifier judges what the head covers. */
async function covered(size: string): Promise<void> {
  for (let attempt = 0; attempt < 1200; attempt++) {
    if (((await api.service.integrity.query.head('demo'))?.size ?? 0n) >= BigInt(size)) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

describe('a signed answer', () => {
  it('carries the current value as of a size of the log, and the proven one', async () => {
    const { status, body } = await balances();
    expect(status).toBe(200);
    const { current, proven } = body as { current: { value: string; asOfSize: string; note: string }; proven: { balances: object[] } };
    expect(JSON.parse(current.value)).toEqual({
      account,
      balances: [
        { account: `asset:receivable:${account}`, balance: '3.28', currency: 'EUR' },
        { account: `asset:unbilled:${account}`, balance: '4.275', currency: 'EUR' },
      ],
    });
    const origin = await api.service.integrity.logs.originOf('demo');
    expect(current.note.startsWith(`tallyroot-answer/1\n${origin}\n${current.asOfSize}\n${current.value}\n\n— ${origin}/receipts `)).toBe(
      true,
    );
    expect(proven.balances).toMatchObject([{ account: `asset:receivable:${account}` }, { account: `asset:unbilled:${account}` }]);
    const { body: shown } = await signedInvoice();
    expect(JSON.parse(shown.current.value as string)).toEqual({
      ...{ account, currency: 'EUR', invoice, number: 'INV-000001', paid: '1.00', total: '4.28' },
    });
  });

  it('is VALID for the auditor’s own tool, with every receipt', async () => {
    const answers = [(await balances()).body, (await signedInvoice()).body];
    for (const { current } of answers) await covered(current.asOfSize as string);
    const { code, output } = await verify({ answers, receipts: kept });
    expect([code, output]).toEqual([0, expect.stringMatching(/V9 +answers +ok\nV10 +receipts +ok/)]);
  });

  it('convicts a ledger whose read model lies while its events are honest', async () => {
    const lie = (to: string) =>
      owner.query(`update tallyroot.account_balances_v1 set debits = debits ${to} where ledger_account = $1`, [
        `asset:unbilled:${account}`,
      ]);
    await lie('+ 1');
    const { body } = await balances();
    await lie('- 1');
    await covered(body.current.asOfSize as string);
    const { code, output } = await verify({ answers: [body], receipts: [] });
    expect([code, output]).toEqual([1, expect.stringMatching(/V9 +answers +invalid\n +answer 1 is not what the first \d+ leaves/)]);
  });

  it('belongs to the provider of the account alone, and says what is missing', async () => {
    const unknown = '00000000-0000-5000-8000-000000000000';
    expect(await api.get(`/v1/accounts/acc_${unknown}/balances/signed`)).toMatchObject({
      status: 404,
      body: { code: 'account_not_found' },
    });
    expect(await api.get(`/v1/invoices/inv_${unknown}/signed`)).toMatchObject({ status: 404, body: { code: 'invoice_not_found' } });
    expect(await api.get(`/v1/accounts/${account}/balances/signed?x=1`)).toMatchObject({ status: 400, body: { code: 'query_invalid' } });
  });
});
