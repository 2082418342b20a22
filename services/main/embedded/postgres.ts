import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { hasEnded, spawnEngine, tailOf } from './child-engine.ts';
import type { DataFolder } from './data-folder.ts';
import { freePort } from './free-port.ts';
import { PostgresCluster } from './postgres-cluster.ts';
import { databaseUrl, ensureRoles, ownerRole, serviceRole, superuserRole } from './postgres-roles.ts';
import { forgetEndedPostmaster, runningPostmaster } from './postmaster-file.ts';
import { writePrivateFile } from './private-file.ts';

export interface EmbeddedPostgres {
  readonly ownerUrl: string;
  readonly serviceUrl: string;
  /** Ends the server after its open transactions were rolled back and everything is on disk. */
  stop(): Promise<void>;
}

/** Recovery after a kill -9 in the middle of heavy writing takes seconds. */
const startMsMax = 60_000;
const stopMsMax = 60_000;
const portAttempts = 5;
const sharedMemoryMsMax = 20_000;
const sharedMemoryPollMs = 200;

/**
 * Starts the Postgres of this data folder, or goes on with the one that a killed process left running. Creates the cluster, the roles and
 * the database when they are missing. The caller holds the data folder. Takes about 1 s the first time and 0.1 s later.
 */
export async function startPostgres(folder: DataFolder): Promise<EmbeddedPostgres> {
  const cluster = new PostgresCluster(folder);
  cluster.create();
  const port = (await adopt(cluster)) ?? (await start(cluster, join(folder.postgres, 'port')));
  return {
    ownerUrl: databaseUrl(ownerRole, cluster.passwords.owner, port),
    serviceUrl: databaseUrl(serviceRole, cluster.passwords.service, port),
    stop: () => stop(cluster, 'fast'),
  };
}

/** The port of a server that runs already and answers; one that does not answer is stopped. */
async function adopt(cluster: PostgresCluster): Promise<number | undefined> {
  const running = runningPostmaster(cluster.path);
  if (running === undefined) return undefined;
  const port = await portWhenReady(cluster, running.pid);
  if (port === undefined) await stop(cluster, 'immediate');
  return port;
}

async function start(cluster: PostgresCluster, portFile: string): Promise<number> {
  const { program, folderArgs, options } = cluster.command('postgres');
  const sharedMemoryDeadline = performance.now() + sharedMemoryMsMax;
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort(existsSync(portFile) ? Number(readFileSync(portFile, 'utf8')) || undefined : undefined);
    const settings = [
      `port=${port}`,
      'listen_addresses=127.0.0.1',
      'unix_socket_directories=',
      'max_connections=200',
      'shared_buffers=256MB',
    ];
    const args = [...folderArgs, ...settings.flatMap((setting) => ['-c', setting])];
    forgetEndedPostmaster(cluster.path);
    const { pid } = await spawnEngine({ program, args, log: cluster.log, options });
    if (pid !== undefined && (await portWhenReady(cluster, pid)) !== undefined) {
      writePrivateFile(portFile, String(port));
      return port;
    }
    const printed = tailOf(cluster.log);
    // Sessions of a killed server hold its shared memory until they notice that it is gone; a busy one takes a while.
    if (/pre-existing shared memory block/i.test(printed) && performance.now() < sharedMemoryDeadline) {
      await delay(sharedMemoryPollMs);
      continue;
    }
    const portWasTaken = /could not bind|Address already in use/i.test(printed); // In the moment since we looked.
    if (!portWasTaken || attempt >= portAttempts) throw cluster.fault('does not start', printed);
  }
}

async function stop(cluster: PostgresCluster, mode: 'fast' | 'immediate'): Promise<void> {
  const running = runningPostmaster(cluster.path);
  if (running === undefined) return;
  const { program, folderArgs, options } = cluster.command('pg_ctl');
  spawnSync(program, ['stop', '--mode', mode, '--no-wait', ...folderArgs], { ...options, stdio: 'ignore' });
  if (!(await hasEnded(running.pid, stopMsMax))) throw cluster.fault('does not stop', tailOf(cluster.log));
}

/**
 * Waits until the server takes connections with our password, which nobody else knows: it cannot be a stranger at the same port. Then
 * makes sure of roles and database. Undefined when the process ends before, or time runs out.
 */
async function portWhenReady(cluster: PostgresCluster, pid: number): Promise<number | undefined> {
  for (const deadline = Date.now() + startMsMax; Date.now() < deadline; await delay(10)) {
    if (await hasEnded(pid, 0)) return undefined;
    const running = runningPostmaster(cluster.path);
    if (running?.ready === true && (await isPrepared(cluster, running.port))) return running.port;
  }
  return undefined;
}

async function isPrepared(cluster: PostgresCluster, port: number): Promise<boolean> {
  const client = new pg.Client({ connectionString: databaseUrl(superuserRole, cluster.passwords.superuser, port) });
  client.on('error', () => undefined); // A server that goes away is seen by the query below.
  try {
    await client.connect();
    await ensureRoles(client, cluster.passwords);
    return true;
  } catch (error) {
    switch ((error as { code?: string }).code) {
      case 'ECONNREFUSED':
      case 'ECONNRESET':
      case '57P01': // It is shutting down,
      case '57P03': // or still recovering.
        return false;
      case '28P01':
        throw cluster.wrongPasswords();
      case '53100':
        throw cluster.fault('cannot write', 'No space left on device');
      default:
        throw error;
    }
  } finally {
    await client.end().catch(() => undefined); // A connection that was refused has nothing to end.
  }
}
