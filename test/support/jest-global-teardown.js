import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Stops the run's Postgres, if a test started it, and waits until it is gone. */
export default async function tearDown() {
  const folder = process.env['TALLYROOT_TEST_RUN'];
  if (folder === undefined) return;
  const notes = join(folder, 'server.json');
  if (existsSync(notes)) {
    const { keeperPid } = JSON.parse(readFileSync(notes, 'utf8'));
    if (isAlive(keeperPid)) process.kill(keeperPid, 'SIGTERM');
    for (let waited = 0; waited < 10_000 && isAlive(keeperPid); waited += 50) await sleep(50);
  }
  rmSync(folder, { recursive: true, force: true });
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
