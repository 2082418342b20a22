import { closeSync, fsyncSync, openSync, renameSync, writeSync } from 'node:fs';
import { explainPathError } from './engine-fault.ts';

/** Replaces a file whole, readable for its owner alone. On disk when this returns; a crash leaves the old or the new one. */
export function writePrivateFile(path: string, text: string): void {
  try {
    const unfinished = `${path}.${process.pid}.unfinished`;
    const file = openSync(unfinished, 'w', 0o600);
    try {
      writeSync(file, text);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(unfinished, path);
  } catch (error) {
    throw explainPathError(error, path);
  }
}
