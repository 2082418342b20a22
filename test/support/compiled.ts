import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

export interface Compiled {
  readonly abi: object[];
  readonly bytecode: string;
}

const root = join(import.meta.dirname, '..', '..');

/** Compiles every contract, ours and the tests' own, where a source is newer than its artifact; nothing is downloaded. */
export async function compile(): Promise<void> {
  const hardhat = join(root, 'node_modules', 'hardhat', 'dist', 'src', 'cli.js');
  const env = { ...process.env, CI: 'true', NODE_OPTIONS: '' };
  await promisify(execFile)(process.execPath, [hardhat, 'build'], { cwd: root, env });
}

/** What the compiler made of a contract, for example of `contracts/LedgerAnchor.sol`. */
export async function compiled(source: string, contract: string): Promise<Compiled> {
  return JSON.parse(await readFile(join(root, 'artifacts', source, `${contract}.json`), 'utf8')) as Compiled;
}
