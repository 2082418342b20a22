import { readFileSync, readlinkSync, realpathSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { beginningOf } from './process-identity.ts';

export interface RunningPostmaster {
  readonly pid: number;
  readonly port: number;
  readonly ready: boolean;
}

/**
 * The server that runs on this cluster, by its `postmaster.pid`. It outlives a killed parent. A file whose process is gone, or belongs to
 * another program (ids are used again after a reboot), is deleted: Postgres itself would refuse to start over the latter.
 */
export function runningPostmaster(cluster: string): RunningPostmaster | undefined {
  const file = join(cluster, 'postmaster.pid');
  let lines: string[];
  try {
    lines = readFileSync(file, 'utf8').split('\n');
  } catch {
    return undefined;
  }
  const pid = Number(lines[0]);
  if (beginningOf(pid) === undefined || !worksIn(pid, cluster)) {
    rmSync(file, { force: true });
    return undefined;
  }
  return { pid, port: Number(lines[3]), ready: lines[7]?.trim() === 'ready' };
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
