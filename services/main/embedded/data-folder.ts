import { accessSync, chmodSync, constants, existsSync, mkdirSync, readFileSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { EngineFault, explainPathError, noSpace } from './engine-fault.ts';
import { lockHolder, takeProcessLock } from './process-lock.ts';
import { writePrivateFile } from './private-file.ts';

/** Where everything of one installation lies. Folders are 0700 and secrets 0600. */
export interface DataFolder {
  readonly path: string;
  /** Of the embedded Postgres: the cluster, its remembered port and its log. */
  readonly postgres: string;
  /** Of the embedded chain: state, the last good copy of it, the remembered port, the deployed contract and the log. */
  readonly chain: string;
  /** Passwords and signing keys. */
  readonly keys: string;
  /** API key of the local demo. */
  readonly apiKey: string;
  readonly operatorKey: string;
  /** What the running process tells others; see `Runtime`. */
  readonly runtime: string;
  readonly lock: string;
}

/** Written by the process that holds the folder. Stale when no process holds the lock. */
export interface Runtime {
  readonly databaseOwnerUrl: string;
  readonly databaseUrl: string;
  readonly eventStoreUrl?: string;
  readonly chainRpcUrl?: string;
  /** Of the HTTP interface, once it listens. */
  readonly url?: string;
  /** The process drains and will soon let go of the folder. */
  readonly stopping?: true;
}

export interface HeldFolder {
  readonly folder: DataFolder;
  release(): void;
}

/** An empty cluster with its log of changes takes 40 MB; with less a first start would break half way, and a later one soon. */
const freeBytesMin = { first: 100 * 1024 * 1024, later: 32 * 1024 * 1024 };
/** A process whose starter was killed notices within half a second and says that it stops. */
const ownGraceMs = 2_000;
const stoppingMsMax = 60_000;

export function dataFolderAt(path: string): DataFolder {
  return {
    path,
    postgres: join(path, 'postgres'),
    chain: join(path, 'chain'),
    keys: join(path, 'keys'),
    apiKey: join(path, 'api-key'),
    operatorKey: join(path, 'operator-key'),
    runtime: join(path, 'runtime.json'),
    lock: join(path, 'lock'),
  };
}

/**
 * Makes the folder and takes it for this process, so that never two write in it. Waits for one that is about to stop; `undefined` when
 * another process keeps it. Throws EngineFault when the folder cannot be used.
 */
export async function holdDataFolder(folder: DataFolder, { graceMs = ownGraceMs } = {}): Promise<HeldFolder | undefined> {
  makePrivateFolders(folder);
  const began = Date.now();
  for (;;) {
    const lock = takeProcessLock(folder.lock);
    if (lock.taken) return { folder, release: () => lock.release() };
    const patienceMs = graceMs > 0 && readRuntime(folder)?.stopping === true ? stoppingMsMax : graceMs;
    if (Date.now() - began >= patienceMs) return undefined;
    await delay(50);
  }
}

/** The process that holds the folder now; undefined when nothing runs in it. */
export function readRuntime(folder: DataFolder): Runtime | undefined {
  try {
    return JSON.parse(readFileSync(folder.runtime, 'utf8')) as Runtime;
  } catch {
    return undefined; // None yet: it is written when the engines run.
  }
}

export function writeRuntime(folder: DataFolder, runtime: Runtime): void {
  writePrivateFile(folder.runtime, JSON.stringify(runtime, null, 2));
}

/** As a message, who holds the folder. */
export function inUse(folder: DataFolder): EngineFault {
  const url = readRuntime(folder)?.url;
  const pid = lockHolder(folder.lock)?.pid;
  return new EngineFault(
    `Another Tallyroot process${pid === undefined ? '' : ` (${pid})`} uses the data folder ${folder.path}` +
      `${url === undefined ? '' : ` and answers at ${url}`}; stop it or choose another folder with --data <folder>.`,
  );
}

function makePrivateFolders(folder: DataFolder): void {
  try {
    const kind = existsSync(folder.postgres) ? 'later' : 'first';
    for (const path of [folder.path, folder.postgres, folder.chain, folder.keys]) {
      mkdirSync(path, { recursive: true, mode: 0o700 });
      accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
    }
    chmodSync(folder.path, 0o700);
    const { bavail, bsize } = statfsSync(folder.path);
    if (bavail * bsize < freeBytesMin[kind]) throw noSpace(folder.path);
  } catch (error) {
    throw explainPathError(error, folder.path);
  }
}
