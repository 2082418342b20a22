import { accessSync, constants, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { FileIdStore } from './file.id-store.ts';
import type { OpenIds } from './id-store.ts';
import { TemporaryIdsFile } from './ids-file.ts';

/** Keeps event ids in files without a name, in a folder for such files. */
export function temporaryIds(folder = tmpdir()): OpenIds {
  return (known) => new FileIdStore({ file: new TemporaryIdsFile(folder), known });
}

export function isWritableFolder(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return statSync(folder).isDirectory();
  } catch {
    return false;
  }
}
