import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout's folder, wherever the command was called from. */
export const projectRoot = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

export function inProject(...names) {
  return join(projectRoot, ...names);
}
