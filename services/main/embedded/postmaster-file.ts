import { readFileSync, readlinkSync, realpathSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { beginningOf } from './process-identity.ts';

export interface RunningPostmaster {
  readonly pid: number;
  readonly port: number;
  readonly ready: boolean;
}

/**
 * The server that runs on this cluster, by its `postmaster.pid`. It outlives a killed parent. Undefined as well for a file that its server is
 * still writing, or whose process is gone or belongs to another program (ids are used again after a reboot).
 */
export function runningPostmaster(cluster: string): RunningPostmaster | undefined {
  let lines: string[];
  try {
    lines = readFileSync(pathIn(cluster), 'utf8').split('\n');
  } catch {
    return undefined;
  }
  const pid = Number(lines[0]);
  if (beginningOf(pid) === undefined || !worksIn(pid, cluster)) return undefined;
  return { pid, port: Number(lines[3]), ready: lines[7]?.trim() === 'ready' };
}

/**
 * Deletes what a server left that does not run any more: Postgres itself would refuse to start over the file of another program's process.
 * Only for who is about to start one: a server that begins has its file before the file says whose it is.
 */
export function forgetEndedPostmaster(cluster: string): void {
  if (runningPostmaster(cluster) === undefined) rmSync(pathIn(cluster), { force: true });
}

function pathIn(cluster: string): string {
  return join(cluster, 'postmaster.pid');
}

/** A postmaster's working folder is its cluster. Only Linux tells; elsewhere the process counts as the server. */
function worksIn(pid: number, cluster: string): boolean {
  if (process.platform !== 'linux') return true;
  try {
    return readlinkSync(`/proc/${pid}/cwd`) === realpathSync(cluster);
  } catch {
    return false; // A process of another user: the server is always ours.
  }
}
