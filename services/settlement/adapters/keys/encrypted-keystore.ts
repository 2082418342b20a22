import { randomBytes } from 'node:crypto';
import { chmod, link, mkdir, open, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { encryptKeystoreJson, Wallet } from 'ethers';
import { ChainKeyFault } from '../../../chain/application/chain-faults.ts';
import { localChainId } from '../../../chain/application/local-funds.ts';
import { isWellKnown } from '../../../chain/application/well-known-keys.ts';

export interface EncryptedKeystoreOptions {
  /** Holds one encrypted key (Web3 Secret Storage, version 3) a file. */
  readonly folder: string;
  /** Its password, on one line. Made at random when there is none yet; outside the folder it protects what is backed up from there. */
  readonly passwordFile: string;
}

/** Cost of deriving a key from a password that has 256 bits: a password of a person belongs into a keystore of another tool. */
const scryptN = 2 ** 14;

/** Keys in encrypted files, mode 0600. */
export class EncryptedKeystore {
  readonly #options: EncryptedKeystoreOptions;
  readonly #wallets = new Map<string, Promise<Wallet>>();

  constructor(options: EncryptedKeystoreOptions) {
    this.#options = options;
  }

  /** The key under a name, made at random when there is none yet. Throws `ChainKeyFault` for a file that cannot be used, and for a key everybody knows. */
  async walletOf(name: string, chainId: string): Promise<Wallet> {
    const path = this.#pathOf(name);
    const opened = this.#wallets.get(path) ?? this.#open(path);
    this.#wallets.set(path, opened);
    const wallet = await opened.catch((error: unknown) => {
      this.#wallets.delete(path); // Whoever mends the file is heard at the next use.
      throw error;
    });
    if (chainId !== localChainId && isWellKnown(wallet))
      throw new ChainKeyFault(`${path} holds a development key that everybody knows; it is refused on chain ${chainId}.`);
    return wallet;
  }

  /** The key under a name; undefined when there is none yet. Makes neither key nor password, and throws the same faults. */
  async existing(name: string, chainId: string): Promise<Wallet | undefined> {
    const [path, { passwordFile }] = [this.#pathOf(name), this.#options];
    if (!this.#wallets.has(path)) {
      if ((await textOf(path)) === undefined) return undefined;
      if ((await textOf(passwordFile)) === undefined) throw new ChainKeyFault(`${passwordFile}, which opens ${path}, is missing.`);
    }
    return this.walletOf(name, chainId);
  }

  #pathOf(name: string): string {
    return join(this.#options.folder, `${name}.json`);
  }

  async #open(path: string): Promise<Wallet> {
    const password = await this.#password();
    const made = () => encryptKeystoreJson(keyMaterial(), password, { scrypt: { N: scryptN } });
    const keystore = await readOrMake(path, made);
    try {
      return (await Wallet.fromEncryptedJson(keystore, password)) as Wallet;
    } catch (cause) {
      // The text of the cause may hold parts of the file.
      throw new ChainKeyFault(`The keystore ${path} cannot be opened by the password in ${this.#options.passwordFile}.`, { cause });
    }
  }

  async #password(): Promise<string> {
    const { passwordFile } = this.#options;
    const password = (await readOrMake(passwordFile, () => randomBytes(32).toString('hex'))).trim();
    if (password === '') throw new ChainKeyFault(`${passwordFile} holds no password.`);
    return password;
  }
}

/** A new key, without the phrase that it was made from. */
function keyMaterial() {
  const { address, privateKey } = Wallet.createRandom();
  return { address, privateKey };
}

/** The text of a file, made when there is none: whole or absent after a crash; who comes second keeps what the first one made. */
async function readOrMake(path: string, make: () => string | Promise<string>): Promise<string> {
  const existing = await textOf(path);
  if (existing !== undefined) return existing;
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const draft = `${path}.${process.pid}.${randomBytes(6).toString('hex')}`;
  try {
    const file = await open(draft, 'wx', 0o600);
    await chmod(draft, 0o600);
    await file.writeFile(`${await make()}\n`);
    await file.sync();
    await file.close();
    await link(draft, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw new ChainKeyFault(`${path} cannot be written.`, { cause: error });
  } finally {
    await rm(draft, { force: true });
  }
  return (await textOf(path)) as string;
}

async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new ChainKeyFault(`${path} cannot be read.`, { cause: error });
  }
}
