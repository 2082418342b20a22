import { mkdtempSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { ChainKeyFiles } from '../../../services/chain/adapters/keys/chain-key-files.ts';

/** The first account of the phrase that development nodes publish. */
const wellKnownKey = '0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80';

function newFolder(): string {
  return mkdtempSync(join(tmpdir(), 'tallyroot-chain-keys-'));
}

describe('chain keys', () => {
  it('are made at random once, one for each role and provider, readable for their owner alone', async () => {
    const folder = newFolder();
    const keys = () => new ChainKeyFiles({ folder, chainId: '31337' });
    const roles = ['deployer', 'admin', 'guardian', { publisherOf: 'north' }, { publisherOf: 'south' }] as const;
    const addresses = await Promise.all(roles.map(async (role) => (await keys().walletOf(role)).address));
    expect(new Set(addresses).size).toBe(roles.length);
    expect(await Promise.all(roles.map(async (role) => (await keys().walletOf(role)).address))).toEqual(addresses);
    const files = readdirSync(folder).sort();
    expect(files).toEqual(['admin.key', 'deployer.key', 'guardian.key', 'publisher-north.key', 'publisher-south.key']);
    for (const file of files) expect(statSync(join(folder, file)).mode & 0o777).toBe(0o600);
  });

  it('are the same for whoever asks at the same time', async () => {
    const folder = newFolder();
    const wallets = await Promise.all(Array.from({ length: 8 }, () => new ChainKeyFiles({ folder, chainId: '1' }).walletOf('admin')));
    expect(new Set(wallets.map(({ address }) => address)).size).toBe(1);
  });

  it('are refused when everybody knows them, except on the local chain', async () => {
    const folder = newFolder();
    writeFileSync(join(folder, 'admin.key'), wellKnownKey);
    await expect(new ChainKeyFiles({ folder, chainId: '1' }).walletOf('admin')).rejects.toMatchObject({ name: 'ChainKeyFault' });
    expect((await new ChainKeyFiles({ folder, chainId: '31337' }).walletOf('admin')).privateKey).toBe(wellKnownKey);
  });

  it('are refused when the file holds something else, without repeating what it holds', async () => {
    const folder = newFolder();
    writeFileSync(join(folder, 'admin.key'), 'hunter2');
    const refused = new ChainKeyFiles({ folder, chainId: '31337' }).walletOf('admin');
    await expect(refused).rejects.toMatchObject({ name: 'ChainKeyFault', message: expect.not.stringContaining('hunter2') });
  });
});
