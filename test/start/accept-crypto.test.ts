import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import { GuideReader, shellBlocks } from './guide.ts';
import { RunningApi } from './running-api.ts';
import { ServiceFolder, StartedCommand } from './started-service.ts';

/*
 * docs/guides/accept-crypto.md, followed to the letter by somebody without a browser. What the guide's blocks say is run, not repeated here; only
 * what the guide tells the reader to look at is looked at.
 */
jest.setTimeout(180_000);

const page = 'guides/accept-crypto.md';
let folder: ServiceFolder;
let reader: GuideReader;
let service: StartedCommand;
let genesis: string;

beforeAll(() => {
  folder = new ServiceFolder();
  reader = new GuideReader(folder);
});
afterAll(async () => {
  await reader.close();
  await folder.remove();
});

/** Addresses as the start prints them. */
async function start(block: string): Promise<void> {
  service = await reader.start(block);
  const { url, chainRpcUrl } = new RunningApi(folder).runtime;
  expect(service.output).toContain(url);
  reader.placeholders.set('http://127.0.0.1:3000', url).set('<chain>', chainRpcUrl);
}

/** Repeats a line of the guide, as it says, until its answer is this one. */
async function repeat(line: string, answer: string): Promise<void> {
  for (const deadline = Date.now() + 120_000; ; await sleep(200)) {
    const said = (await reader.run(line)).trim();
    if (said === answer) return;
    if (Date.now() > deadline) throw new Error(`${line} still says ${said}, not ${answer}.`);
  }
}

it('[J1] takes a provider from nothing to a first payment that is final, an invoice that is paid, and a ledger that is VALID', async () => {
  const [localPayments, started, profile, inDollars, bill, key, coins, pay, ...more] = shellBlocks(page, 'A first payment') as string[];
  // A block that is added is to be followed too. Books in dollars are said instead of books in euro, and only once.
  expect([more, inDollars]).toEqual([[], expect.stringContaining('"bookCurrency":"USD"')]);
  await start('npm start');
  genesis = /genesis +([0-9a-f]{64})/.exec(service.output)![1]!;
  expect(await reader.run(localPayments!)).toContain('SETTLEMENT_CHAINS=');
  service.signalGroup('SIGINT');
  await service.exit;
  await start(started!);
  expect(service.output).toContain('payments   chain 31337');

  await reader.run(profile!);
  const { url } = new RunningApi(folder).runtime;
  const link = (await reader.run(bill!)).trim().split('\n').at(-1)!;
  expect(link).toMatch(/^http.+\/pay\/./);
  const opened = await fetch(link);
  expect([link.startsWith(url), opened.status, await opened.text()]).toEqual([true, 200, expect.stringMatching(/^<!doctype html>/i)]);
  await reader.run(key!);
  await reader.run(coins!);
  await reader.run(pay!);
  await repeat(pay!.trimEnd().split('\n').at(-1)!, 'settled');

  expect(await reader.run(`get invoices/$INVOICE | of '$.open'`)).toBe('0.00\n');
  const verify = new StartedCommand([
    'verify',
    '--log',
    `${url}/logs/demo/`,
    '--genesis',
    genesis,
    '--token',
    new RunningApi(folder).token,
    '--offline',
  ]);
  expect([await verify.exit, verify.output]).toEqual([0, expect.stringMatching(/\bVALID\b/)]);
});

it('gives a part of the payment back', async () => {
  const [who, refund, ...more] = shellBlocks(page, 'Refund') as string[];
  expect(more).toEqual([]);
  expect(await reader.run(who!)).toContain('"refunder"');
  await reader.run(refund!);
  await repeat(`get settlements/$SETTLEMENT/refunds/$REFUND | of '$.state'`, 'final');
  expect(await reader.run(`get invoices/$INVOICE | of '$.open'`)).toBe('20.00\n');
});

it('calls an event off, and credits an outage', async () => {
  const [cancel, ...more] = shellBlocks(page, 'An event that is called off') as string[];
  const [outage, ...others] = shellBlocks(page, 'Outages') as string[];
  expect([more, others]).toEqual([[], []]);
  expect(await reader.run(cancel!)).toContain('The final is called off.');
  expect(await reader.run(outage!)).toContain('OutageRecorded');
});

// Before the mandates: a wallet that has allowed the contract to take the dollar has nothing to sign any more, as the guide says.
it('sells prepaid credit, takes it in payment, and takes what is left of it back', async () => {
  const [sell, spend, takeBack, payBack, ...more] = shellBlocks(page, 'Prepaid credit') as string[];
  expect(more).toEqual([]);
  await reader.run(shellBlocks(page, 'A first payment')[4]!);
  await reader.run(sell!);
  await reader.run('TO_BE_PAID=$CHECKOUT CHECKOUT=$CREDIT');
  await reader.run(shellBlocks(page, 'A first payment')[7]!);
  await repeat(`get accounts/$ACCOUNT/credit | of '$.credit[0]?.balance'`, '100.00');
  await reader.run('CHECKOUT=$TO_BE_PAID');
  await reader.run(spend!);
  await repeat(`get invoices/$INVOICE | of '$.open'`, '0.00');
  await reader.run(takeBack!);
  await repeat(`get settlements/$BOUGHT/credit-refunds | of '$.refunds[0].state'`, 'final');
  await reader.run(payBack!);
});

it('collects an invoice by a mandate', async () => {
  const [offer, agree, allow, collect, shell, ...more] = shellBlocks(page, 'Recurring payments') as string[];
  expect(more).toEqual([]);
  await reader.run(shellBlocks(page, 'A first payment')[4]!);
  for (const block of [offer, agree, allow, collect]) await reader.run(block!);
  await repeat(`get invoices/$INVOICE | of '$.open'`, '0.00');
  expect(await reader.run(shell!)).toMatch(/^0x[0-9a-f]{64} {2}agreed .*\n(.*\n)*Nothing failed that was to be collected\.$/m);
});

it('compares the chain with the books', async () => {
  const [compare, watcher, ...more] = shellBlocks(page, 'Reconciliation') as string[];
  expect(more).toEqual([]);
  expect(await reader.run(compare!)).toMatch(/^THE SAME: chains hold what the books say\.\n  treasury ETH, chain 31337: /);
  expect(await reader.run(watcher!)).toContain('"healthy":true');
});
