import { readFileSync, rmSync, writeFileSync } from 'node:fs';

/**
 * Takes a file for this process and answers what lets go of it. A file that outlived a kill -9 is taken over. `onTaken` is told which living
 * process has it, and throws. Two processes that take over at the same instant are not told apart: who uses it also checks what it protects.
 */
export function takeProcessLock(path: string, onTaken: (pid: number) => never): () => void {
  const own = `${process.pid} ${beginningOf(process.pid)}`;
  for (;;) {
    try {
      writeFileSync(path, own, { mode: 0o600, flag: 'wx' });
      return () => rmSync(path, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const holder = contentOf(path);
    const pid = Number(holder?.split(' ', 1)[0]);
    if (holder === `${pid} ${beginningOf(pid)}` && isAlive(pid)) onTaken(pid);
    rmSync(path, { force: true });
  }
}

function contentOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
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

/** Ids of processes are used again, soon in a container; Linux tells when the process began (field 22 of `stat`, in ticks since the boot). */
function beginningOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}
