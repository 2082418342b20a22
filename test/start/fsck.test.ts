import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { existsSync } from 'node:fs';
import { RunningApi } from './running-api.ts';
import { ServiceFolder, StartedCommand } from './started-service.ts';

/** A whole product is started, on a machine that does other things too. */
jest.setTimeout(300_000);

let folder: ServiceFolder;
beforeEach(() => void (folder = new ServiceFolder()));
afterEach(() => folder.remove());

async function fsck(): Promise<string> {
  const command = new StartedCommand(['fsck', '--data', folder.path]);
  expect([await command.exit, command.output]).toEqual([0, expect.stringContaining('Everything is as the events make it')]);
  return command.output;
}

it('[K15] a data folder is checked while its service works, and when nothing runs on it', async () => {
  const service = await folder.startUntilReady();
  const api = new RunningApi(folder);
  const { id: account } = await api.post('accounts', 'open', { billing: 'postpaid', currency: 'EUR', creditLimit: '1000' });
  let isBusy = true;
  let written = 0;
  const writer = (async () => {
    while (isBusy) await api.charge(account, written++);
  })();
  const running = await fsck();
  isBusy = false;
  await writer;
  expect(running).toMatch(/ok +demo +chain 31337/);
  expect(written).toBeGreaterThan(10);
  service.signalGroup('SIGTERM');
  expect(await service.exit).toBe(0);

  const stopped = await fsck();
  expect(stopped).toMatch(/ok +demo +leaves +0 events behind the tree, \d+ leaves/);
  expect(stopped).toMatch(/ok +books/);
  expect(folder.engines()).toEqual({ postgres: undefined, chain: undefined });

  const interrupted = new StartedCommand(['fsck', '--data', folder.path]);
  await interrupted.printed('logs');
  interrupted.signalGroup('SIGINT');
  expect([await interrupted.exit, interrupted.output]).toEqual([2, expect.stringContaining('fsck could not check: it was stopped.')]);
  expect(folder.engines()).toEqual({ postgres: undefined, chain: undefined });
});

it('a folder without a ledger is not made one by a check', async () => {
  const command = new StartedCommand(['fsck', '--data', folder.path]);
  expect([await command.exit, command.output]).toEqual([
    2,
    expect.stringContaining('holds no database; name the data folder with --data.'),
  ]);
  expect(existsSync(folder.path)).toBe(false);
});
