import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { type LogMirror, MirrorFault } from '../../application/log-mirror.ts';

/** An exported folder. */
export class FolderLogMirror implements LogMirror {
  readonly name: string;

  constructor(folder: string) {
    this.name = folder;
  }

  async read(path: string, bytesMax: number): Promise<Buffer | undefined> {
    try {
      const file = await open(join(this.name, path), 'r');
      try {
        const { size } = await file.stat();
        if (size > bytesMax) throw new MirrorFault(`${path} of ${this.name} has ${size} bytes; it may have ${bytesMax}.`);
        return await file.readFile();
      } finally {
        await file.close();
      }
    } catch (error) {
      if (error instanceof MirrorFault) throw error;
      const { code, message } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
      throw new MirrorFault(`${path} of ${this.name} cannot be read: ${code ?? message}.`, { cause: error });
    }
  }
}
