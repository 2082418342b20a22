import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type LogSource, UnreadableError } from './log-source.ts';

/** Not behind a link, and without waiting for the other end of a pipe; Windows has neither. */
const openFlags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/** A log as an export wrote it to a folder. */
export class FolderLogSource implements LogSource {
  readonly isLive = false;
  readonly name: string;

  constructor(folder: string) {
    this.name = folder;
  }

  /**
   * At once and not by way of the thread pool, which takes longer than the reading of files of this size. Only plain files are read: an export may
   * come from anybody, and a link or a pipe in it could lead anywhere or never end.
   */
  async read(path: string, bytesMax: number): Promise<Buffer | undefined> {
    let file: number | undefined;
    try {
      file = openSync(join(this.name, path), openFlags);
      const about = fstatSync(file);
      if (!about.isFile()) throw new UnreadableError(`${path} is no plain file.`);
      if (about.size > bytesMax)
        throw new UnreadableError(`${path} has ${about.size} bytes; it may have ${bytesMax}.`, { isTooLarge: true });
      return readFileSync(file);
    } catch (error) {
      if (error instanceof UnreadableError) throw error;
      const { code, message } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
      throw new UnreadableError(code === 'ELOOP' ? `${path} is a link.` : `${path}: ${code ?? message}`);
    } finally {
      if (file !== undefined) closeSync(file);
    }
  }
}

export async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false;
  }
}
