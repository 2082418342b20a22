import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * The folder that holds `package.json`, found upwards from a module's own folder (`import.meta.dirname`). Plain files such as SQL are
 * read from there, so that the code finds them both as source and when it was built into `dist/`.
 */
export function projectRoot(from: string): string {
  if (existsSync(join(from, 'package.json'))) return from;
  const parent = dirname(from);
  if (parent === from) throw new Error('No package.json lies above the running code.');
  return projectRoot(parent);
}
