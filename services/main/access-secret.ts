import { randomBytes } from 'node:crypto';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * The secret of an installation from which API tokens are derived: 32 random bytes in `<keys>/access.secret`, mode 0600, made once.
 * Complete or absent, whoever races: it is written beside its place and linked there.
 */
export async function accessSecret(keysFolder: string): Promise<Uint8Array> {
  const path = join(keysFolder, 'access.secret');
  const existing = await read(path);
  if (existing !== undefined) return existing;
  await mkdir(keysFolder, { recursive: true, mode: 0o700 });
  const draft = `${path}.${process.pid}`;
  try {
    await writeFile(draft, randomBytes(32).toString('hex'), { mode: 0o600 });
    await link(draft, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    await rm(draft, { force: true });
  }
  return (await read(path)) as Uint8Array;
}

async function read(path: string): Promise<Uint8Array | undefined> {
  try {
    const secret = Buffer.from(await readFile(path, 'utf8'), 'hex');
    if (secret.length !== 32) throw new Error(`${path} does not hold the 64 hex digits of an access secret.`);
    return secret;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
