import { chmod, link, mkdir, open, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Wallet } from 'ethers';
import { ChainKeyFault } from '../../application/chain-faults.ts';
import { localChainId } from '../../application/local-funds.ts';
import { isWellKnown } from '../../application/well-known-keys.ts';

/** Whose key. Each provider has a publisher of its own unless a file is named for all, so none can delay another by a nonce. */
export type ChainRole = 'deployer' | 'admin' | 'guardian' | { readonly publisherOf: string };

export interface ChainKeyFilesOptions {
  /** Holds `deployer.key`, `admin.key`, `guardian.key` and `publisher-<slug>.key`: 32 bytes in hex each. */
  readonly folder: string;
  /** Decimal. */
  readonly chainId: string;
  /** A file that lies elsewhere; `{slug}` in it stands for the provider. */
  readonly publisherFile?: string;
}

/** secp256k1 keys, mode 0600, one file a key. */
export class ChainKeyFiles {
  readonly #options: ChainKeyFilesOptions;
  readonly #wallets = new Map<string, Wallet>();

  constructor(options: ChainKeyFilesOptions) {
    this.#options = options;
  }

  /** The key, made at random when there is none yet. Throws `ChainKeyFault` for a file that cannot be used, and for a key everybody knows. */
  async walletOf(role: ChainRole): Promise<Wallet> {
    const path = this.#pathOf(role);
    let wallet = this.#wallets.get(path);
    if (wallet !== undefined) return wallet;
    await createOnce(path);
    wallet = await readChainKey(path, this.#options.chainId);
    this.#wallets.set(path, wallet);
    return wallet;
  }

  #pathOf(role: ChainRole): string {
    const { folder, publisherFile } = this.#options;
    if (typeof role === 'string') return join(folder, `${role}.key`);
    return publisherFile?.replaceAll('{slug}', role.publisherOf) ?? join(folder, `publisher-${role.publisherOf}.key`);
  }
}

/** The key in a file. Throws `ChainKeyFault` for a file that cannot be used, and for a key everybody knows. */
export async function readChainKey(path: string, chainId: string): Promise<Wallet> {
  const wallet = await readWallet(path);
  if (chainId !== localChainId && isWellKnown(wallet))
    throw new ChainKeyFault(`${path} holds a development key that everybody knows; it is refused on chain ${chainId}.`);
  return wallet;
}

async function readWallet(path: string): Promise<Wallet> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new ChainKeyFault(`The key in ${path} cannot be read.`, { cause });
  });
  const match = /^\s*(?:0x)?([0-9a-fA-F]{64})\s*$/.exec(text);
  if (match === null) throw new ChainKeyFault(`${path} holds no key of 32 bytes in hex.`);
  try {
    return new Wallet(`0x${match[1]}`);
  } catch {
    throw new ChainKeyFault(`${path} holds no valid secp256k1 key.`);
  }
}

/** Whole or absent after a crash; who comes second keeps the first one's key. */
async function createOnce(path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const draft = `${path}.${process.pid}.${Math.random().toString(36).slice(2)}`;
  try {
    const existing = await open(path, 'r');
    await existing.close();
    return;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw new ChainKeyFault(`${path} cannot be read.`, { cause: error });
  }
  try {
    const file = await open(draft, 'wx', 0o600);
    await chmod(draft, 0o600);
    await file.writeFile(`${Wallet.createRandom().privateKey}\n`);
    await file.sync();
    await file.close();
    await link(draft, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST')
      throw new ChainKeyFault(`A new key cannot be written to ${path}.`, { cause: error });
  } finally {
    await rm(draft, { force: true });
  }
}
