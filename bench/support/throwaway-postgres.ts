import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, chownSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { type PostgresBinaries, postgresBinaries } from '../../services/main/embedded/postgres-binaries.ts';

/** A Postgres of its own for tests and benches: durable as in production, gone when it is stopped or when its starter dies. */
export interface ThrowawayPostgres {
  /** Of the superuser, on database `postgres`. */
  readonly url: string;
  readonly pid: number;
  /** Crashes it: no checkpoint, no flush of what was not committed. */
  kill(): Promise<void>;
  /** Starts it again on the same data and the same port. */
  restart(): Promise<void>;
  /** Ends it and deletes its data. */
  stop(): Promise<void>;
}

export interface ThrowawayPostgresOptions {
  /** Lets no file grow beyond so many blocks of 512 or 1024 bytes (shells differ), until it is restarted: its disk is full there. */
  readonly fileBlocksMax?: number;
}

export async function startThrowawayPostgres({ fileBlocksMax }: ThrowawayPostgresOptions = {}): Promise<ThrowawayPostgres> {
  const binaries = postgresBinaries();
  const folder = reachableFolder(binaries);
  const password = randomBytes(16).toString('hex');
  // Small segments: a limit on the size of files must not hit the write-ahead log, without which nothing runs at all.
  initialise(folder, binaries, password, fileBlocksMax === undefined ? [] : ['--wal-segsize=1']);
  const port = await freePort();
  let server = await start(folder, binaries, { port, ...(fileBlocksMax !== undefined && { fileBlocksMax }) });
  const end = async (signal: NodeJS.Signals) => {
    if (server.exitCode !== null || server.signalCode !== null) return;
    // Its sessions hold its output open until they are gone as well; only then can it be started again.
    const gone = once(server, 'close');
    await new Promise((written) => server.stdin?.write('ended\n', written)); // First: the watcher must not take this for our death.
    server.kill(signal);
    await gone;
  };
  return {
    url: `postgres://postgres:${password}@127.0.0.1:${port}/postgres`,
    get pid() {
      return server.pid as number;
    },
    kill: () => end('SIGKILL'),
    restart: async () => {
      await end('SIGKILL');
      server = await start(folder, binaries, { port });
    },
    stop: async () => {
      await end('SIGINT'); // Fast shutdown.
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A folder that belongs to the user Postgres runs as, and that this user can enter. */
function reachableFolder({ runAs }: PostgresBinaries): string {
  const base = runAs === undefined || isOpenToAll(tmpdir()) ? tmpdir() : '/tmp';
  const folder = mkdtempSync(join(base, 'tallyroot-postgres-run-'));
  if (runAs !== undefined) chownSync(folder, runAs.uid, runAs.gid);
  return folder;
}

function isOpenToAll(folder: string): boolean {
  const parent = dirname(folder);
  return (statSync(folder).mode & 0o001) !== 0 && (parent === folder || isOpenToAll(parent));
}

function initialise(folder: string, { bin, runAs }: PostgresBinaries, password: string, extraOptions: readonly string[]): void {
  const passwordFile = join(folder, 'password');
  writeFileSync(passwordFile, password);
  chmodSync(passwordFile, 0o644); // Inside a folder that only its owner enters.
  const options = ['--encoding=UTF8', '--no-locale', '--auth=scram-sha-256', '--username=postgres', '--no-sync', ...extraOptions];
  const run = spawnSync(join(bin, 'initdb'), [...options, `--pwfile=${passwordFile}`, '-D', join(folder, 'data')], {
    cwd: folder,
    encoding: 'utf8',
    ...runAs,
  });
  rmSync(passwordFile);
  if (run.status !== 0) throw new Error(`initdb failed: ${run.error?.message ?? run.stderr}`);
}

/**
 * Becomes Postgres, and leaves a watcher behind that waits for a word on standard input. When the input ends without one, the starter
 * was killed: the watcher ends Postgres and deletes its folder ($0).
 */
const endWithStarter = `
exec 3<&0
(read -r word <&3 && exit 0; kill -INT $$; while kill -0 $$; do sleep 0.1; done; rm -rf "$0") 2>/dev/null &
exec "$@" 3<&- </dev/null`;

interface StartOptions extends ThrowawayPostgresOptions {
  readonly port: number;
}

async function start(folder: string, { bin, runAs }: PostgresBinaries, { port, fileBlocksMax }: StartOptions): Promise<ChildProcess> {
  const script = fileBlocksMax === undefined ? endWithStarter : `ulimit -f ${fileBlocksMax}\n${endWithStarter}`;
  const settings = {
    listen_addresses: '127.0.0.1',
    port,
    unix_socket_directories: '',
    max_connections: 200,
    shared_buffers: '256MB', // As the embedded one has.
    logging_collector: 'off',
    // After a kill, one call makes everything durable that a call for each of a thousand files would.
    ...(process.platform === 'linux' && { recovery_init_sync_method: 'syncfs' }),
  };
  const options = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const command = [join(bin, 'postgres'), '-D', join(folder, 'data'), ...options];
  const server = spawn('/bin/sh', ['-c', script, folder, ...command], { cwd: '/', stdio: ['pipe', 'ignore', 'pipe'], ...runAs });
  const seen: string[] = [];
  await new Promise<void>((resolve, reject) => {
    createInterface({ input: server.stderr as NodeJS.ReadableStream }).on('line', (line) => {
      if (line.includes('database system is ready to accept connections')) resolve();
      if (seen.length < 50) seen.push(line);
    });
    server.once('error', reject);
    server.once('exit', () => reject(new Error(`Postgres ended at once: ${seen.join('\n')}`)));
  });
  return server;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('No free port was given.');
  return address.port;
}
