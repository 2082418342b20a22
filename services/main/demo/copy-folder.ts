import { chown, copyFile, lstat, mkdir, readdir, readlink, symlink } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Copies a folder with modes and, where we may, owners: the embedded Postgres refuses files of anybody but its own user. `leaveOut` names
 * files, relative to the folder, that belong to running processes.
 */
export async function copyFolder(from: string, to: string, leaveOut: ReadonlySet<string>, below = ''): Promise<void> {
  if (leaveOut.has(below)) return;
  const source = join(from, below);
  const target = join(to, below);
  const stats = await lstat(source);
  if (stats.isDirectory()) {
    await mkdir(target, { mode: stats.mode });
    for (const name of await readdir(source)) await copyFolder(from, to, leaveOut, join(below, name));
  } else if (stats.isSymbolicLink()) await symlink(await readlink(source), target);
  else if (stats.isFile()) await copyFile(source, target);
  else return;
  if (process.getuid?.() === 0 && !stats.isSymbolicLink()) await chown(target, stats.uid, stats.gid);
}
