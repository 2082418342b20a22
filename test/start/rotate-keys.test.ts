import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { readdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { RunningApi } from './running-api.ts';
import { ServiceFolder, StartedCommand } from './started-service.ts';

/** A whole product is started twice, on a machine that does other things too. */
jest.setTimeout(300_000);

let folder: ServiceFolder;
beforeEach(() => {
  folder = new ServiceFolder();
});
afterEach(() => folder.remove());

async function run(...args: string[]) {
  const command = new StartedCommand([...args, '--data', folder.path]);
  return { exitCode: await command.exit, output: command.output };
}

it('[E1] bin/tallyroot keys rotates the log key under a recovery key that is kept elsewhere, and a verifier follows', async () => {
  const service = await folder.startUntilReady();
  const genesis = /genesis +([0-9a-f]{64})/.exec(service.output)?.[1] as string;
  const api = new RunningApi(folder);
  const { id: account } = await api.post('accounts', 'open', { billing: 'postpaid', currency: 'EUR', creditLimit: '1000' });
  await api.head(3n);
  const away = join(folder.path, '..', 'recovery.pem');
  const keys = join(folder.path, 'keys', 'demo');
  renameSync(join(keys, 'recovery.pem'), away);
  expect(await run('keys', 'rotate')).toMatchObject({ exitCode: 2, output: expect.stringContaining('--recovery-key <file>') });
  const busy = await run('keys', 'rotate', '--recovery-key', away);
  expect(busy).toMatchObject({ exitCode: 1, output: expect.stringContaining('uses the data folder') });
  service.signalGroup('SIGTERM');
  expect(await service.exit).toBe(0);

  const thief = await run('keys', 'rotate', '--recovery-key', join(keys, 'log.pem'));
  expect(thief).toMatchObject({ exitCode: 1, output: expect.stringContaining('This is not the recovery key of demo') });
  for (const role of ['receipts', 'log']) {
    const rotated = await run('keys', 'rotate', '--recovery-key', away, '--role', role);
    expect(rotated).toMatchObject({ exitCode: 0, output: expect.stringContaining(`The ${role} key of demo was rotated`) });
  }
  expect(readdirSync(keys).filter((name) => /^(log|receipts)-[0-9a-f]{8}\.pem$/.test(name))).toHaveLength(2);

  await folder.startUntilReady();
  await api.charge(account, 1);
  const { url } = api.runtime;
  const { size } = await api.head(6n);
  const checkpoint = await (await fetch(`${url}/logs/demo/checkpoint`)).text();
  expect(checkpoint.split('\n').filter((line) => line.startsWith('— '))).toHaveLength(2);
  expect((await (await fetch(`${url}/logs/demo/log.vkey`)).text()).trim().split('\n')).toHaveLength(2);
  const args = ['--log', `${url}/logs/demo/`, '--genesis', genesis, '--token', api.token, '--offline'];
  const verify = new StartedCommand(['verify', ...args]);
  expect([await verify.exit, verify.output]).toEqual([0, expect.stringMatching(/^VALID/)]);
  expect(size).toBeGreaterThanOrEqual(6n);
});
