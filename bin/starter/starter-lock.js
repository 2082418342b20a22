import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { takeProcessLock } from '../../services/main/embedded/process-lock.ts';
import { explain, say } from './messages.js';
import { projectRoot } from './project-root.js';

/** Local state of this checkout that is neither source nor data. */
const folder = join(projectRoot, '.tallyroot');

/** Runs the work alone: of several starts in one checkout one installs and builds, the others wait for it. */
export async function whileStarterIsLocked(work) {
  let lock;
  try {
    mkdirSync(folder, { recursive: true });
    lock = takeProcessLock(join(folder, 'starter.lock'));
    if (!lock.taken) say(`Waiting for process ${lock.holder.pid}, which prepares this checkout ...`);
    for (; !lock.taken; lock = takeProcessLock(join(folder, 'starter.lock'))) await delay(200);
  } catch (error) {
    throw explain(error, folder);
  }
  try {
    return await work();
  } finally {
    lock.release();
  }
}
