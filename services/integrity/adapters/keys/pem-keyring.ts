import { createPrivateKey, createPublicKey, generateKeyPairSync, hash, type KeyObject, sign } from 'node:crypto';
import { chmod, link, mkdir, open, readdir, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Keyring } from '../../application/keyring.ts';
import type { KeyRole, SigningKey } from '../../domain/signing-key.ts';

/** A key is missing, unreadable or of another kind. The message names the file, never its content. */
export class KeyFault extends Error {
  override readonly name = 'KeyFault';
  readonly retryable = false;
}

export interface PemKeyringOptions {
  /** Holds `<slug>/<role>.pem`. */
  readonly folder: string;
  /**
   * Files that lie elsewhere, as `LOG_KEY_FILE`, `RECEIPTS_KEY_FILE` and `RECOVERY_KEY_FILE` name them. `{slug}` in a path stands for the
   * provider; a path without it serves an installation with one provider.
   */
  readonly files?: Readonly<Partial<Record<KeyRole, string>>>;
}

/**
 * Ed25519 keys as PKCS#8 PEM, mode 0600, one file a key: `<role>.pem`, and `<role>-<first 8 hex of SHA-256(public key)>.pem` for those that
 * came by a rotation. Which of them the log names, its leaves say; a file that is taken away signs nothing any more.
 */
export class PemKeyring implements Keyring {
  readonly #folder: string;
  readonly #files: Readonly<Partial<Record<KeyRole, string>>>;

  constructor({ folder, files = {} }: PemKeyringOptions) {
    this.#folder = folder;
    this.#files = files;
  }

  async open(slug: string, role: KeyRole): Promise<SigningKey> {
    const path = this.#pathOf(slug, role);
    try {
      return keyOf(path, await readFile(path, 'utf8'));
    } catch (error) {
      if (error instanceof KeyFault) throw error;
      throw new KeyFault(`The ${role} key of ${slug} cannot be read from ${path}.`, { cause: error });
    }
  }

  async openOrCreate(slug: string, role: KeyRole): Promise<SigningKey> {
    const path = this.#pathOf(slug, role);
    await createOnce(path);
    return this.open(slug, role);
  }

  async all(slug: string, role: KeyRole): Promise<SigningKey[]> {
    const first = this.#pathOf(slug, role);
    const rotated = (await namesIn(this.#folderOf(slug))).filter((name) => rotatedPattern.exec(name)?.[1] === role);
    const paths = [first, ...rotated.toSorted().map((name) => join(this.#folderOf(slug), name))];
    const keys: SigningKey[] = [];
    for (const path of paths) if (await isThere(path)) keys.push(keyOf(path, await readFile(path, 'utf8')));
    return keys;
  }

  async add(slug: string, role: KeyRole): Promise<SigningKey> {
    const { privateKey } = generateKeyPairSync('ed25519');
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' });
    const key = keyOf('A new key', pem.toString());
    const path = join(this.#folderOf(slug), `${role}-${hash('sha256', key.publicKey, 'hex').slice(0, 8)}.pem`);
    try {
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      await writeDurably(path, pem);
      await syncFolder(dirname(path));
    } catch (error) {
      throw new KeyFault(`A new key cannot be written to ${path}.`, { cause: error });
    }
    return key;
  }

  #folderOf(slug: string): string {
    return join(this.#folder, slug);
  }

  #pathOf(slug: string, role: KeyRole): string {
    return this.#files[role]?.replaceAll('{slug}', slug) ?? join(this.#folderOf(slug), `${role}.pem`);
  }
}

const rotatedPattern = /^(log|receipts|recovery)-[0-9a-f]{8}\.pem$/;

/** A key in a file that the operator names: the recovery key, from where it is kept. Throws `KeyFault`. */
export async function keyInFile(path: string): Promise<SigningKey> {
  try {
    return keyOf(path, await readFile(path, 'utf8'));
  } catch (error) {
    throw error instanceof KeyFault ? error : new KeyFault(`${path} cannot be read.`, { cause: error });
  }
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw new KeyFault(`${folder} cannot be read.`, { cause: error });
  }
}

async function isThere(path: string): Promise<boolean> {
  try {
    await (await open(path, 'r')).close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw new KeyFault(`${path} cannot be read.`, { cause: error });
  }
}

/** Writes a new key beside its place and links it there: the file is complete or absent, and who comes second keeps the first one's key. */
async function createOnce(path: string): Promise<void> {
  const folder = dirname(path);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const draft = `${path}.${process.pid}.${Math.random().toString(36).slice(2)}`;
  try {
    const file = await open(path, 'r');
    await file.close();
    return;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw new KeyFault(`${path} cannot be read.`, { cause: error });
  }
  try {
    await writeDurably(draft, generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }));
    await link(draft, path);
    await syncFolder(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw new KeyFault(`A new key cannot be written to ${path}.`, { cause: error });
  } finally {
    await rm(draft, { force: true });
  }
}

async function writeDurably(path: string, pem: string | Buffer): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await chmod(path, 0o600);
    await file.writeFile(pem);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

function keyOf(path: string, pem: string): SigningKey {
  let privateKey: KeyObject;
  try {
    privateKey = createPrivateKey(pem);
  } catch {
    throw new KeyFault(`${path} holds no private key in PKCS#8 PEM.`);
  }
  if (privateKey.asymmetricKeyType !== 'ed25519') throw new KeyFault(`${path} holds no Ed25519 key.`);
  const publicKey = Buffer.from(createPublicKey(privateKey).export({ format: 'jwk' }).x as string, 'base64url');
  return { publicKey, sign: (message) => sign(null, Buffer.from(message), privateKey) };
}
