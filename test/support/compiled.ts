import { execFile } from 'node:child_process';
import { mkdir, readFile, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';

export interface Compiled {
  readonly abi: object[];
  readonly bytecode: string;
  readonly deployedBytecode: string;
}

const root = join(import.meta.dirname, '..', '..');

/**
 * Compiles every contract, ours and those that tests deploy, where a source is newer than its artifact; nothing is downloaded. Test files that run
 * side by side take turns, since two compilers would sweep each other's output away; the lock ends with the test run's own folder.
 */
export async function compile(): Promise<void> {
  const lock = join(process.env['TALLYROOT_TEST_RUN'] as string, 'compiling');
  while (!(await taken(lock))) await pause(50);
  try {
    const hardhat = join(root, 'node_modules', 'hardhat', 'dist', 'src', 'cli.js');
    const env = { ...process.env, CI: 'true', NODE_OPTIONS: '' };
    await promisify(execFile)(process.execPath, [hardhat, 'build', '--no-tests'], { cwd: root, env });
  } finally {
    await rmdir(lock);
  }
}

/** What the compiler made of a contract, for example of `contracts/LedgerAnchor.sol`. */
export async function compiled(source: string, contract: string): Promise<Compiled> {
  return JSON.parse(await readFile(join(root, 'artifacts', source, `${contract}.json`), 'utf8')) as Compiled;
}

async function taken(lock: string): Promise<boolean> {
  try {
    await mkdir(lock);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}
