import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chownSync, closeSync, existsSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { DataFolder } from './data-folder.ts';
import { EngineFault, explainPathError, noSpace } from './engine-fault.ts';
import { postgresBinaries, type PostgresBinaries } from './postgres-binaries.ts';
import { superuserRole, type PostgresPasswords } from './postgres-roles.ts';
import { writePrivateFile } from './private-file.ts';

/** The files of the embedded Postgres on disk, and how its programs are run on them. */
export class PostgresCluster {
  /** What Postgres calls its data directory. */
  readonly path: string;
  readonly log: string;
  readonly passwords: PostgresPasswords;
  private readonly dataFolder: DataFolder;
  private readonly passwordFile: string;
  private readonly binaries: PostgresBinaries;

  constructor(folder: DataFolder) {
    this.dataFolder = folder;
    this.path = join(folder.postgres, 'cluster');
    this.log = join(folder.postgres, 'server.log');
    this.passwordFile = join(folder.keys, 'postgres.json');
    this.binaries = binariesFor(this.path);
    this.passwords = passwordsOf(this.passwordFile, existsSync(this.path));
  }

  /** Does nothing when it exists. Made beside its place and then moved there: an interrupted initdb leaves nothing that counts. */
  create(): void {
    if (existsSync(this.path)) return;
    const unfinished = `${this.path}.unfinished`;
    try {
      rmSync(unfinished, { recursive: true, force: true });
      mkdirSync(unfinished, { mode: 0o700 });
      this.giveToServer(unfinished);
      this.initialise(unfinished);
      renameSync(unfinished, this.path);
    } catch (error) {
      throw explainPathError(error, this.dataFolder.path);
    }
  }

  /**
   * A program of Postgres, and how to run it on this cluster. As another user it may not be allowed through the folders above the
   * cluster, so it is started inside of it (we may go there) and reaches it as its working folder, which needs no right on what lies above.
   */
  command(name: 'initdb' | 'pg_ctl' | 'postgres', cluster = this.path): { program: string; folderArgs: string[]; options: CommandOptions } {
    const env = Object.fromEntries(Object.entries(process.env).filter(([variable]) => !variable.startsWith('PG')));
    return {
      program: join(this.binaries.bin, name),
      folderArgs: ['-D', this.runsAsAnotherUser() ? '/proc/self/cwd' : cluster],
      options: { cwd: cluster, env, ...this.binaries.runAs },
    };
  }

  /** What a program printed, as a fault that says what to do. */
  fault(what: string, printed: string): EngineFault {
    if (/No space left on device|Disk quota exceeded/i.test(printed)) return noSpace(this.dataFolder.path);
    return new EngineFault(`The embedded Postgres ${what} (${printed.trim()}); its log is ${this.log}.`);
  }

  wrongPasswords(): EngineFault {
    return new EngineFault(
      `The passwords in ${this.passwordFile} are not those of the database in ${this.path}; restore both from the same backup.`,
    );
  }

  private initialise(unfinished: string): void {
    const file = join(this.dataFolder.postgres, 'superuser-password');
    const { program, folderArgs, options } = this.command('initdb', unfinished);
    writePrivateFile(file, this.passwords.superuser);
    this.giveToServer(file);
    const descriptor = openSync(file, 'r');
    try {
      const password = this.runsAsAnotherUser() ? '/proc/self/fd/3' : file;
      const args = ['--encoding=UTF8', '--no-locale', '--auth=scram-sha-256', `--username=${superuserRole}`, `--pwfile=${password}`];
      const run = spawnSync(program, [...args, ...folderArgs], {
        ...options,
        stdio: ['ignore', 'pipe', 'pipe', descriptor],
        encoding: 'utf8',
      });
      if (run.error !== undefined) throw run.error;
      if (run.status !== 0) throw this.fault('cannot be initialised', run.stderr);
    } finally {
      closeSync(descriptor);
      rmSync(file, { force: true });
    }
  }

  private runsAsAnotherUser(): boolean {
    return this.binaries.runAs !== undefined && process.platform === 'linux';
  }

  private giveToServer(path: string): void {
    const { runAs } = this.binaries;
    if (runAs !== undefined) chownSync(path, runAs.uid, runAs.gid);
  }
}

interface CommandOptions {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly uid?: number;
  readonly gid?: number;
}

/** Root goes on as the user whom an existing cluster belongs to: Postgres refuses the files of another. */
function binariesFor(path: string): PostgresBinaries {
  const binaries = postgresBinaries();
  if (binaries.runAs === undefined || !existsSync(path)) return binaries;
  const { uid, gid } = statSync(path);
  return { ...binaries, runAs: { uid, gid } };
}

function passwordsOf(file: string, clusterExists: boolean): PostgresPasswords {
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8')) as PostgresPasswords;
  if (clusterExists) throw new EngineFault(`The file ${file} with the passwords of the database is missing; restore it from a backup.`);
  const random = () => randomBytes(24).toString('base64url');
  const passwords = { superuser: random(), owner: random(), service: random() };
  writePrivateFile(file, JSON.stringify(passwords));
  return passwords;
}
