import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { startThrowawayChain, type ThrowawayChain } from '../../bench/support/throwaway-chain.ts';
import { StartedCommand } from '../start/started-service.ts';
import { startTestService, type TestService } from '../support/service.ts';

/** The whole product is started for each check, on a machine that does other things too. */
jest.setTimeout(300_000);

let chain: ThrowawayChain;
let api: TestService;
let mining: NodeJS.Timeout;
beforeAll(async () => {
  chain = await startThrowawayChain();
  // Whoever anchors waits for finality, which a chain without traffic never reaches.
  mining = setInterval(() => void chain.provider.send('evm_mine', []).catch(() => undefined), 100);
  api = await startTestService({ chain: { rpcUrl: chain.url } });
});
afterAll(async () => {
  clearInterval(mining);
  await api.close();
  await chain.stop();
});

interface Checked {
  readonly exitCode: number | null;
  readonly output: string;
}

async function fsck(...args: string[]): Promise<Checked> {
  const command = new StartedCommand(['fsck', '--data', api.dataFolder, ...args], api.environment);
  return { exitCode: await command.exit, output: command.output };
}

async function openAccount(): Promise<string> {
  return (await api.post('/v1/accounts', { billing: 'postpaid', currency: 'EUR', creditLimit: '100000' })).body.id as string;
}

const charge = (account: string) =>
  api.post(`/v1/accounts/${account}/charges`, { amount: '1', currency: 'EUR', product: 'tv', description: 'TV' });

/** Resolves when the signed head covers everything that is in the event store now. */
async function allSigned(): Promise<void> {
  const { eventStore, integrity } = api.service;
  let size = 0n;
  for await (const event of eventStore.readAll({ filter: { streamPrefixes: ['demo.'] } })) if (event.position >= 0n) size++;
  for (const deadline = Date.now() + 60_000; ((await integrity.query.head('demo'))?.size ?? 0n) < size; await sleep(50))
    if (Date.now() > deadline) throw new Error(`The head does not cover ${size} leaves.`);
}

describe('bin/tallyroot fsck beside a running service', () => {
  it('finds nothing, however much is written meanwhile', async () => {
    const accounts = await Promise.all([openAccount(), openAccount(), openAccount(), openAccount()]);
    await api.service.integrity.anchoring.anchorer.anchorNow('demo');
    let isBusy = true;
    let written = 0;
    const writers = accounts.map(async (account) => {
      while (isBusy) {
        for (let times = 0; times < 10; times++) if ((await charge(account)).status === 201) written++;
        await api.post(`/v1/accounts/${account}/invoices`, { dueOn: '2026-12-31' });
        await api.post(`/v1/accounts/${account}/payments`, { amount: '10', currency: 'EUR', method: 'bank', reference: 'R' });
      }
    });
    const anchoring = (async () => {
      while (isBusy) await api.service.integrity.anchoring.anchorer.anchorNow('demo').then(() => sleep(200));
    })();
    const checks: Checked[] = [];
    for (let times = 0; times < 3; times++) checks.push(await fsck());
    const writtenMeanwhile = written;
    isBusy = false;
    await Promise.all([...writers, anchoring]);
    for (const { exitCode, output } of checks)
      expect([exitCode, output]).toEqual([
        0,
        expect.stringMatching(/\nEverything is as the events make it: \d+ parts are ok, 0 were not checked\.\n$/),
      ]);
    expect(writtenMeanwhile).toBeGreaterThan(50);
  });

  it('[E1] names an event that somebody changed, and ends with 1', async () => {
    const account = await openAccount();
    const { body } = await charge(account);
    await allSigned();
    const position = BigInt(body.position as string);
    const intruder = await api.intruder();
    const undo = await intruder.forge(position, ({ data }) => ({ data: data.replace('"amount":"1.00"', '"amount":"9.00"') }));
    const text = await fsck('--provider', 'demo');
    const json = await fsck('--json');
    await undo();
    await intruder.leave();
    const place = { position: `${position}`, stream: `demo.account-${account}`, revision: '1', event: body.events[0].id as string };
    expect([text.exitCode, text.output]).toEqual([
      1,
      expect.stringContaining('First difference: demo leaves: the stored event is not the one of its leaf: data or its salt differs'),
    ]);
    for (const value of Object.values(place)) expect(text.output).toContain(value);
    const report = JSON.parse(json.output.slice(json.output.indexOf('{'))) as object;
    expect([json.exitCode, report]).toEqual([
      1,
      expect.objectContaining({
        result: 'different',
        firstDifference: expect.objectContaining({ log: 'demo', part: 'leaves', at: expect.objectContaining(place) }),
      }),
    ]);
    const after = await fsck();
    expect([after.exitCode, after.output]).toEqual([0, expect.stringContaining('Everything is as the events make it')]);
  });

  it('tells of an event that breaks the format as a finding', async () => {
    const intruder = await api.intruder();
    await intruder.append({ stream: 'demo.account-behind', type: 'Hacked', data: { n: 1 } });
    await intruder.leave();
    await charge(await openAccount());
    await allSigned();
    const { exitCode, output } = await fsck();
    expect([exitCode, output]).toEqual([0, expect.stringMatching(/finding format: leaf \d+/)]);
  });

  it('checks the log of every provider, or of the one that is named', async () => {
    const operator = { authorization: `Bearer ${api.operatorToken}` };
    await api.post('/v1/providers', { slug: 'other', name: 'Other' }, operator);
    const other = { authorization: `Bearer ${(await api.post('/v1/providers/other/api-keys', {}, operator)).body.token as string}` };
    await api.post('/v1/accounts', { billing: 'prepaid', currency: 'EUR' }, other);
    await api.service.integrity.anchoring.anchorer.anchorNow('other');
    const [all, one] = [await fsck(), await fsck('--provider', 'other')];
    expect([all.exitCode, one.exitCode]).toEqual([0, 0]);
    const linesOf = (output: string, slug: string) => output.split('\n').filter((line) => line.slice(17).startsWith(`${slug} `)).length;
    expect(linesOf(all.output, 'demo')).toBe(linesOf(all.output, 'other'));
    expect([linesOf(one.output, 'demo'), linesOf(one.output, 'other')]).toEqual([0, linesOf(all.output, 'other')]);
    expect(one.output).toMatch(/ok +accounts +1 rows of accounts_v1/);
  });

  it('ends with 2 where it cannot check, which says nothing of the ledger', async () => {
    expect(await fsck('--provider', 'nobody')).toMatchObject({
      exitCode: 2,
      output: expect.stringContaining('There is no log of a provider nobody'),
    });
    expect(await fsck('--repair')).toMatchObject({ exitCode: 2 });
    const away = new StartedCommand(['fsck', '--data', api.dataFolder], { ...api.environment, CHAIN_RPC_URL: 'none' });
    expect([await away.exit, away.output]).toEqual([
      2,
      expect.stringMatching(/could not check +demo +chain 31337 +the log lists the chain, and no node of it answers/),
    ]);
  });
});
