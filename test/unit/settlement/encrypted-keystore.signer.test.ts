import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { encryptKeystoreJson, recoverAddress, Wallet } from 'ethers';
import { EncryptedKeystoreSenderKeys } from '../../../services/settlement/adapters/keys/encrypted-keystore.sender-keys.ts';
import { EncryptedKeystoreSigner } from '../../../services/settlement/adapters/keys/encrypted-keystore.signer.ts';
import { digestOf } from '../../../services/settlement/domain/quote.ts';
import { elsewhere, place, quoteIssued } from './slot.fixtures.ts';

const { terms } = quoteIssued();
/** The first account of the phrase that every development node publishes. */
const wellKnown = '0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tallyroot-quotes-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const passwordFile = () => join(folder, 'password');
const signer = () => new EncryptedKeystoreSigner({ folder: join(folder, 'keys'), passwordFile: passwordFile() });
const keystoreOf = (slug: string) => join(folder, 'keys', `quotes-${slug}.json`);

describe('a key in an encrypted file', () => {
  it('is made once for a provider, readable by its owner alone, and signs what the contract checks', async () => {
    const { signer: address, signature } = await signer().sign('demo', terms, place);
    expect(recoverAddress(digestOf(terms, place), signature).toLowerCase()).toBe(address);
    expect(await signer().addressOf('demo', place.chainId)).toBe(address);
    expect(await signer().addressOf('other', place.chainId)).not.toBe(address);
    for (const path of [keystoreOf('demo'), passwordFile()]) expect([path, (await stat(path)).mode & 0o777]).toEqual([path, 0o600]);
    expect((await readdir(join(folder, 'keys'))).sort()).toEqual(['quotes-demo.json', 'quotes-other.json']);
    expect(JSON.parse(await readFile(keystoreOf('demo'), 'utf8'))).toMatchObject({ version: 3 });
  });

  it('is one key for several that ask at once', async () => {
    const addresses = await Promise.all(Array.from({ length: 4 }, () => signer().addressOf('demo', place.chainId)));
    expect(new Set(addresses).size).toBe(1);
  });

  it('is not used with another password, nor without one, until the file is mended', async () => {
    const keys = signer();
    const address = await signer().addressOf('demo', place.chainId);
    const password = await readFile(passwordFile(), 'utf8');
    await writeFile(passwordFile(), 'another');
    await expect(keys.addressOf('demo', place.chainId)).rejects.toMatchObject({ name: 'ChainKeyFault' });
    await writeFile(passwordFile(), '\n');
    await expect(keys.addressOf('demo', place.chainId)).rejects.toThrow('holds no password');
    await writeFile(passwordFile(), password);
    expect(await keys.addressOf('demo', place.chainId)).toBe(address);
  });

  it('is not made by asking whether it exists', async () => {
    const keys = new EncryptedKeystoreSenderKeys({ folder: join(folder, 'keys'), passwordFile: passwordFile(), relayers: 1 });
    expect(await keys.existing('refunder', 'demo', place.chainId)).toBeUndefined();
    expect(await readdir(folder)).toEqual([]);
    const { address } = await keys.signerOf('refunder', 'demo', place.chainId);
    const restarted = new EncryptedKeystoreSenderKeys({ folder: join(folder, 'keys'), passwordFile: passwordFile(), relayers: 1 });
    expect(await restarted.existing('refunder', 'demo', place.chainId)).toMatchObject({ address });
    expect(await restarted.existing('minter', 'demo', place.chainId)).toBeUndefined();
    await rm(passwordFile());
    expect(await keys.existing('refunder', 'demo', place.chainId)).toMatchObject({ address });
    const without = new EncryptedKeystoreSenderKeys({ folder: join(folder, 'keys'), passwordFile: passwordFile(), relayers: 1 });
    await expect(without.existing('refunder', 'demo', place.chainId)).rejects.toThrow('is missing');
    expect(await readdir(folder)).toEqual(['keys']);
  });

  it('that everybody knows signs on the local chain and on no other', async () => {
    await signer().addressOf('other', place.chainId);
    const password = (await readFile(passwordFile(), 'utf8')).trim();
    const { address, privateKey } = new Wallet(wellKnown);
    await writeFile(keystoreOf('demo'), await encryptKeystoreJson({ address, privateKey }, password, { scrypt: { N: 2 } }));
    expect(await signer().addressOf('demo', place.chainId)).toBe(address.toLowerCase());
    await expect(signer().sign('demo', terms, elsewhere)).rejects.toThrow('everybody knows');
  });
});
