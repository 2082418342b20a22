import { hash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { link, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type WrappingKey, WrappingKeyMissingFault, type WrappingKeys } from '../../application/wrapping-keys.ts';

/** The file of wrapping keys cannot be read or made. The message names the file, never its content. */
export class WrappingKeyFileFault extends Error {
  override readonly name = 'WrappingKeyFileFault';
  readonly retryable = false;
}

/**
 * A file with a key of 64 hex digits on each line, mode 0600. The first one is current; others are there until nothing lies under them. It is
 * read again whenever a new key is made or one is asked for that was not seen yet, so that a line may be added while the service runs.
 */
export class WrappingKeyFile implements WrappingKeys {
  readonly #path: string;
  #keys: readonly WrappingKey[] = [];

  constructor(path: string) {
    this.#path = path;
  }

  /** Makes the file with a new key where there is none. */
  async current(): Promise<WrappingKey> {
    if (!existsSync(this.#path)) await createOnce(this.#path);
    this.#keys = await read(this.#path);
    return this.#keys[0] as WrappingKey;
  }

  /** Puts a new key before the others, for all that is wrapped from now on. Durable when it resolves. */
  async add(): Promise<void> {
    await this.current();
    await replace(this.#path, [randomBytes(32), ...this.#keys.map(({ bytes }) => bytes)]);
  }

  /** Ids of all keys but the current one. */
  async older(): Promise<readonly string[]> {
    await this.current();
    return this.#keys.slice(1).map(({ id }) => id);
  }

  /** Drops all keys but the current one: whatever still lies under them is lost. */
  async dropOlder(): Promise<void> {
    await replace(this.#path, [(await this.current()).bytes]);
  }

  async named(id: string): Promise<WrappingKey> {
    const find = () => this.#keys.find((key) => key.id === id);
    if (find() === undefined) this.#keys = await read(this.#path);
    const found = find();
    if (found === undefined) throw new WrappingKeyMissingFault(id, this.#path);
    return found;
  }
}

async function replace(path: string, keys: readonly Uint8Array[]): Promise<void> {
  const draft = await writeDraft(path, keys);
  await rename(draft, path);
  await syncFolder(dirname(path));
}

/** Complete or absent, whoever races: it is written beside its place and linked there. */
async function createOnce(path: string): Promise<void> {
  let draft: string | undefined;
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    draft = await writeDraft(path, [randomBytes(32)]);
    await link(draft, path);
    await syncFolder(dirname(path));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST')
      throw new WrappingKeyFileFault(`A key for personal data cannot be written to ${path}.`, { cause: error });
  } finally {
    if (draft !== undefined) await rm(draft, { force: true });
  }
}

/** Answers the name of a file beside the path, on disk when this resolves. */
async function writeDraft(path: string, keys: readonly Uint8Array[]): Promise<string> {
  const draft = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`;
  const file = await open(draft, 'wx', 0o600);
  try {
    await file.writeFile(keys.map((key) => `${Buffer.from(key).toString('hex')}\n`).join(''));
    await file.sync();
  } finally {
    await file.close();
  }
  return draft;
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

async function read(path: string): Promise<readonly WrappingKey[]> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw new WrappingKeyFileFault(`The keys for personal data cannot be read from ${path}.`, { cause: error });
  }
  const lines = text.trim().split(/\s+/);
  if (!lines.every((line) => /^[0-9a-f]{64}$/.test(line)))
    throw new WrappingKeyFileFault(`${path} does not hold a key of 64 hex digits a line.`);
  return lines.map((line) => {
    const bytes = Buffer.from(line, 'hex');
    return { id: hash('sha256', bytes, 'hex').slice(0, 16), bytes };
  });
}
