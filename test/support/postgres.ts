import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createDatabase, type FreshDatabase } from '../../bench/support/fresh-database.ts';

const startDeadlineMs = 60_000;

/** A database of one test file's own. */
export type TestDatabase = FreshDatabase;

/** Makes a database on the run's own Postgres 18, which the first caller of a run starts. Takes about 0.1 s, 1 s for the first. */
export async function freshDatabase(options: { migrated?: boolean } = {}): Promise<TestDatabase> {
  return createDatabase((await server()).url, options);
}

/** The run's Postgres. Workers race to make a folder; the winner starts the keeper, all wait for its note. */
async function server(): Promise<{ url: string }> {
  const folder = process.env['TALLYROOT_TEST_RUN'];
  const jestPid = process.env['TALLYROOT_TEST_RUN_PID'];
  if (folder === undefined || jestPid === undefined) throw new Error('Tests that need Postgres run under jest with its global set-up.');
  const notes = join(folder, 'server.json');
  const log = join(folder, 'keeper.log');
  if (!existsSync(notes) && isFirst(join(folder, 'starting'))) {
    const output = openSync(log, 'w');
    const script = join(import.meta.dirname, 'postgres-keeper.ts');
    const environment = { ...process.env, NODE_OPTIONS: '' };
    spawn(process.execPath, [script, folder, jestPid], { detached: true, stdio: ['ignore', output, output], env: environment }).unref();
  }
  for (let waitedMs = 0; !existsSync(notes); waitedMs += 25) {
    if (waitedMs > startDeadlineMs) throw new Error(`The test Postgres did not start: ${readFileSync(log, 'utf8')}`);
    await sleep(25);
  }
  return JSON.parse(readFileSync(notes, 'utf8')) as { url: string };
}

function isFirst(folder: string): boolean {
  try {
    mkdirSync(folder);
    return true;
  } catch {
    return false;
  }
}
