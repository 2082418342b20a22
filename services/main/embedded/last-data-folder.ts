import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { projectRoot } from '../../read-store/project-root.ts';

/** A note in the checkout of the data folder that was used last, for commands that are called without `--data`. */
const note = join(projectRoot(import.meta.dirname), '.tallyroot', 'last-data-folder');

/** Only a convenience: where the checkout cannot be written nothing is remembered. */
export function rememberDataFolder(path: string): void {
  try {
    mkdirSync(dirname(note), { recursive: true });
    writeFileSync(note, path);
  } catch {
    // The next command then needs --data, or takes the default.
  }
}

export function lastDataFolder(): string | undefined {
  try {
    return readFileSync(note, 'utf8') || undefined;
  } catch {
    return undefined;
  }
}
