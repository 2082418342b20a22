import { readFileSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type LogSource, UnreadableError } from './log-source.ts';

/** A log as an export wrote it to a folder. */
export class FolderLogSource implements LogSource {
  readonly isLive = false;
  readonly name: string;

  constructor(folder: string) {
    this.name = folder;
  }

  /** At once and not by way of the thread pool, which takes longer than the reading of files of this size. */
  async read(path: string, bytesMax: number): Promise<Buffer | undefined> {
    try {
      const bytes = readFileSync(join(this.name, path));
      if (bytes.length > bytesMax) throw new UnreadableError(`${path} has ${bytes.length} bytes; it may have ${bytesMax}.`);
      return bytes;
    } catch (error) {
      if (error instanceof UnreadableError) throw error;
      const { code, message } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
      throw new UnreadableError(`${path}: ${code ?? message}`);
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
