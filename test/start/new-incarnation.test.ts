import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { existsSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Answer, RunningApi } from './running-api.ts';
import { ServiceFolder, StartedCommand } from './started-service.ts';

/** A whole product is started three times and anchors twice, on a machine that does other things too. */
jest.setTimeout(600_000);

type Receipted = Answer & { readonly receipt: { readonly promise: string } };

let folder: ServiceFolder;
let backup: ServiceFolder;
let api: RunningApi;
beforeEach(() => {
  folder = new ServiceFolder();
  backup = new ServiceFolder();
  api = new RunningApi(folder);
});
afterEach(async () => {
  await folder.remove();
  await backup.remove();
});

const genesisIn = (output: string) => /genesis +([0-9a-f]{64})/.exec(output)?.[1] as string;
const eventIn = ({ receipt }: Receipted) => (JSON.parse(Buffer.from(receipt.promise, 'base64').toString()) as { id: string }).id;

async function stop(service: StartedCommand): Promise<void> {
  service.signalGroup('SIGTERM');
  expect(await service.exit).toBe(0);
}

async function run(...args: string[]) {
  const command = new StartedCommand(args);
  return { exitCode: await command.exit, output: command.output };
}

const charge = async (account: string, number: number) => (await api.charge(account, number)) as Receipted;

/** Issues an invoice over what was charged, and answers its number. */
async function invoice(account: string, key: string): Promise<string> {
  const { id, position } = await api.post(`accounts/${account}/invoices`, key, { dueOn: '2027-01-31' });
  for (const deadline = Date.now() + 60_000; Date.now() < deadline; await sleep(50)) {
    const answer = await fetch(`${api.runtime.url}/v1/invoices/${id}?after=${position}`, {
      headers: { authorization: `Bearer ${api.token}` },
    });
    const { number } = (await answer.json()) as { number?: string };
    if (number !== undefined) return number;
  }
  throw new Error('The invoice got no number.');
}

/** Waits until a final anchor covers so many leaves. */
async function anchored(size: bigint): Promise<void> {
  for (const deadline = Date.now() + 240_000; Date.now() < deadline; await sleep(200)) {
    const lines = (await (await fetch(`${api.runtime.url}/logs/demo/anchors.jsonl`)).text()).trim().split('\n');
    if (lines.some((line) => line !== '' && BigInt((JSON.parse(line) as { size: string }).size) >= size)) return;
  }
  throw new Error('The log was not anchored.');
}

it('[K15] a new incarnation goes on where a log lost what was shown, and a verifier names each receipt that was lost', async () => {
  const service = await folder.startUntilReady();
  const { id: account } = await api.post('accounts', 'open', { billing: 'postpaid', currency: 'EUR', creditLimit: '1000' });
  const kept = [await charge(account, 0), await charge(account, 1)];
  expect(await invoice(account, 'first')).toBe('INV-000001');
  const { size: covered } = await api.head(7n);
  await anchored(covered);
  expect(await run('backup', '--data', folder.path, '--out', backup.path)).toMatchObject({ exitCode: 0 });
  const lost = [await charge(account, 2), await charge(account, 3)];
  expect(await invoice(account, 'lost')).toBe('INV-000002');
  await api.head(covered + 5n);
  await stop(service);

  // The disk of the database is lost; keys, and the chain, are those of today.
  rmSync(join(folder.path, 'postgres'), { recursive: true });
  renameSync(join(backup.path, 'postgres'), join(folder.path, 'postgres'));
  const behind = await folder.startUntilReady();
  await expect(charge(account, 0)).rejects.toThrow('"code":"log_behind"');
  const keys = join(folder.path, 'keys', 'demo');
  const begin = ['recover', '--new-incarnation', '--data', folder.path, '--recovery-key'];
  expect(await run(...begin, join(keys, 'recovery.pem'))).toMatchObject({
    exitCode: 1,
    output: expect.stringContaining('uses the data folder'),
  });
  await stop(behind);
  expect(await run(...begin.slice(0, -1))).toMatchObject({ exitCode: 2, output: expect.stringContaining('--recovery-key <file>') });
  const thief = await run(...begin, join(keys, 'log.pem'));
  expect(thief).toMatchObject({ exitCode: 1, output: expect.stringContaining('not the recovery key of demo') });
  const begun = await run(...begin, join(keys, 'recovery.pem'));
  expect(begun).toMatchObject({ exitCode: 0, output: expect.stringMatching(/goes on as tallyroot\.local\/[0-9a-f]{16}\/demo\/2\./) });
  expect(begun.output).toMatch(/ {2}kept {7}\d+ leaves of .*\n {2}lost {7}\d+ leaves that were shown/);
  const genesis = genesisIn(begun.output);

  const restarted = await folder.startUntilReady();
  expect(genesisIn(restarted.output)).toBe(genesis);
  const repeated = await charge(account, 1);
  expect([repeated.revision, repeated.receipt.promise]).toEqual([kept[1]!.revision, kept[1]!.receipt.promise]);
  const next = [await charge(account, 2), await charge(account, 4)];
  expect(next.map(({ revision }) => revision)).toEqual(lost.map(({ revision }) => revision));
  expect(await invoice(account, 'second')).toBe('INV-000002');
  await anchored((await api.head(6n)).size);

  const { url, chainRpcUrl } = api.runtime;
  const receipts = join(folder.path, '..', 'receipts.jsonl');
  writeFileSync(receipts, [...kept, ...lost, ...next].map(({ receipt }) => JSON.stringify(receipt)).join('\n'));
  const verify = ['verify', '--genesis', genesis, '--receipts', receipts];
  const live = [...verify, '--log', `${url}/logs/demo/`, '--token', api.token, '--rpc', chainRpcUrl];
  const verdict = await run(...live, '--superseded', `${url}/logs/demo/incarnations/1/`);
  expect(verdict).toMatchObject({ exitCode: 0, output: expect.stringMatching(/^VALID: leaves 0 to \d+ of \d+, .*\/demo\/2/) });
  const losses = [...verdict.output.matchAll(/finding admitted-loss: .*event (\S+), revision/g)].map(([, event]) => event);
  expect(losses).toEqual(lost.map(eventIn));
  expect(await run(...live)).toMatchObject({ exitCode: 2, output: expect.stringMatching(/^UNVERIFIABLE/) });

  const checked = { exitCode: 0, output: expect.stringContaining('Everything is as the events make it') };
  expect(await run('fsck', '--data', folder.path)).toMatchObject(checked);

  const out = join(folder.path, '..', 'export');
  expect(await run('export', '--data', folder.path, '--out', out)).toMatchObject({ exitCode: 0 });
  const copies = ['--log', out, '--superseded', join(out, 'incarnations', '1'), '--offline'];
  expect(await run(...verify, ...copies)).toMatchObject({ exitCode: 0, output: expect.stringMatching(/^VALID \(no chain checked\)/) });
  await stop(restarted);
  expect(await run('fsck', '--data', folder.path)).toMatchObject(checked);
  // The last head of the log that ended stays beside that of the one that goes on.
  expect(['checkpoint', 'checkpoint.1'].map((name) => existsSync(join(keys, name)))).toEqual([true, true]);
  expect(await run(...begin, join(keys, 'recovery.pem'))).toMatchObject({ exitCode: 1, output: expect.stringContaining('lacks nothing') });
});

it('[K15] a new incarnation goes on with the whole of a log that a guardian froze in its contract', async () => {
  const service = await folder.startUntilReady();
  const { id: account } = await api.post('accounts', 'open', { billing: 'postpaid', currency: 'EUR', creditLimit: '1000' });
  const kept = [await charge(account, 0)];
  await anchored((await api.head(3n)).size);
  const { chainRpcUrl } = api.runtime;
  const anchor = (await (await fetch(`${api.runtime.url}/logs/demo/anchors.jsonl`)).text()).split('\n')[0] as string;
  const { contract, logId } = JSON.parse(anchor) as { contract: string; logId: string };
  const guardian = join(folder.path, 'keys', 'chain', 'guardian.key');
  const place = ['--rpc', chainRpcUrl, '--contract', contract, '--log', logId, '--key-file', guardian];
  expect(await run('chain', 'freeze', ...place)).toMatchObject({ exitCode: 0, output: expect.stringContaining('frozen, for ever') });
  await stop(service);
  const begun = await run(
    'recover',
    '--new-incarnation',
    '--data',
    folder.path,
    '--recovery-key',
    join(folder.path, 'keys', 'demo', 'recovery.pem'),
  );
  expect(begun).toMatchObject({ exitCode: 0, output: expect.stringContaining('no leaf that anybody knows of') });

  await folder.startUntilReady();
  expect((await charge(account, 0)).receipt.promise).toBe(kept[0]!.receipt.promise);
  kept.push(await charge(account, 1));
  await anchored((await api.head(2n)).size);
  const receipts = join(folder.path, '..', 'receipts.jsonl');
  writeFileSync(receipts, kept.map(({ receipt }) => JSON.stringify(receipt)).join('\n'));
  const log = `${api.runtime.url}/logs/demo/`;
  const logs = ['--log', log, '--superseded', `${log}incarnations/1/`, '--token', api.token, '--rpc', api.runtime.chainRpcUrl];
  const verdict = await run('verify', '--genesis', genesisIn(begun.output), '--receipts', receipts, ...logs);
  expect(verdict).toMatchObject({ exitCode: 0, output: expect.stringMatching(/^VALID: leaves 0 to \d+ of/) });
  expect(verdict.output).not.toMatch(/promised by/);
});
