import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { rmSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { ServiceFolder } from './started-service.ts';

/** A start after a crash recovers first; on a busy machine that takes its time. */
jest.setTimeout(120_000);

describe('after a kill -9', () => {
  let folder: ServiceFolder;
  beforeEach(() => {
    folder = new ServiceFolder();
  });
  afterEach(() => folder.remove());

  it('goes on with the engines that are still running', async () => {
    const service = await folder.startUntilReady();
    const engines = folder.engines();
    service.signalGroup('SIGKILL');
    await service.exit;
    expect(folder.engines()).toEqual(engines);

    const next = await folder.startUntilReady();
    expect(folder.engines()).toEqual(engines);
    next.signalGroup('SIGINT');
    expect(await next.exit).toBe(0);
    expect(folder.engines()).toEqual({ postgres: undefined, chain: undefined });
  });

  it('starts again when the engines were killed as well', async () => {
    await folder.killEverything(await folder.startUntilReady());
    await folder.startUntilReady();
  });

  it('starts on the good copy when the state of the chain was cut off', async () => {
    await stopInOrder(folder);
    truncateSync(join(folder.path, 'chain', 'state.json'), 200);
    const service = await folder.startUntilReady();
    expect(service.output).toContain('its last good copy is used');
  });

  it('refuses a chain that lost the deployed contract, and says what to do', async () => {
    const first = await folder.startUntilReady();
    const { contract } = JSON.parse(await folder.contentOf('contract.json')) as { contract: string };
    first.signalGroup('SIGTERM');
    await first.exit;
    rmSync(join(folder.path, 'chain'), { recursive: true });
    const service = folder.start();
    expect(await service.exit).toBe(1);
    const message = new RegExp(
      `^tallyroot: The chain at http.* lost its state: the contract ${contract}.*; restore .* or delete .*\\.$`,
      'm',
    );
    expect(service.output).toMatch(message);
    expect(folder.engines()).toEqual({ postgres: undefined, chain: undefined });
  });
});

async function stopInOrder(folder: ServiceFolder): Promise<void> {
  const service = await folder.startUntilReady();
  service.signalGroup('SIGTERM');
  await service.exit;
}
