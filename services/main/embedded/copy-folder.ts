import { chown, copyFile, lstat, mkdir, open, readdir, readlink, symlink } from 'node:fs/promises';
import { join } from 'node:path';

export interface CopyFolderOptions {
  /** Told of each path relative to the folder, `''` for the folder itself; files of running processes are left out. */
  readonly leaveOut: (path: string) => boolean;
  /** Another process works in the folder: what vanishes meanwhile is left out too. */
  readonly inUse?: boolean;
}

/**
 * Copies a folder with modes and, where we may, owners: the embedded Postgres refuses files of anybody but its own user. On disk when it
 * resolves.
 */
export async function copyFolder(from: string, to: string, options: CopyFolderOptions, below = ''): Promise<void> {
  if (options.leaveOut(below)) return;
  const source = join(from, below);
  const target = join(to, below);
  try {
    const stats = await lstat(source);
    if (stats.isDirectory()) {
      await mkdir(target, { mode: stats.mode });
      for (const name of await readdir(source)) await copyFolder(from, to, options, join(below, name));
    } else if (stats.isSymbolicLink()) await symlink(await readlink(source), target);
    else if (stats.isFile()) await copyFile(source, target);
    else return;
    if (process.getuid?.() === 0 && !stats.isSymbolicLink()) await chown(target, stats.uid, stats.gid);
    if (!stats.isSymbolicLink()) await sync(target);
  } catch (error) {
    if (options.inUse !== true || (error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

async function sync(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
