import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/**
 * When the process with this id began, as a text to compare with, or undefined when there is none. Ids are used again, after a reboot
 * or in a container even soon; id and beginning together are not.
 */
export function beginningOf(pid: number): string | undefined {
  if (!Number.isSafeInteger(pid) || pid <= 0) return undefined;
  if (process.platform === 'linux') return beginningOnLinux(pid);
  if (!isAlive(pid)) return undefined;
  if (process.platform === 'win32') return 'alive'; // Windows is slow to use an id again.
  return spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).stdout.trim() || undefined;
}

/** Field 22 of `stat` counts clock ticks since the boot; a zombie has ended, though its parent has not asked yet. */
function beginningOnLinux(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const [state, ...rest] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (state === 'Z' || state === 'X') return undefined;
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}/${rest[18] ?? ''}`;
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
