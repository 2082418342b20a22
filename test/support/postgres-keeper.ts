/*
 * Keeps the test run's Postgres: `node postgres-keeper.ts <run folder> <pid of jest>`. A process of its own, because the worker that
 * first needs a database may end long before the last one does. Ends with the run, even if jest is killed.
 */
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startThrowawayPostgres } from '../../bench/support/throwaway-postgres.ts';

const [folder, pid] = process.argv.slice(2) as [string, string];
const postgres = await startThrowawayPostgres();

let stopping = false;
async function stop(): Promise<void> {
  if (stopping) return;
  stopping = true;
  await postgres.stop();
  process.exit(0);
}
process.on('SIGTERM', () => void stop());
setInterval(() => {
  try {
    process.kill(Number(pid), 0);
  } catch {
    void stop();
  }
}, 500);

const unfinished = join(folder, 'server.json.unfinished');
writeFileSync(unfinished, JSON.stringify({ url: postgres.url, keeperPid: process.pid }), { mode: 0o600 });
renameSync(unfinished, join(folder, 'server.json'));
