import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { migrate } from '../../services/read-store/migrate.ts';

/** A database of one test file's own, with both schemas migrated. */
export interface TestDatabase {
  /** Of the role that owns schema `event_store`: for tests that act behind the port. Not a superuser. */
  readonly ownerUrl: string;
  /** Of the role that the service connects as. */
  readonly serviceUrl: string;
  readonly serviceRole: string;
  drop(): Promise<void>;
}

const startDeadlineMs = 60_000;

/** Makes a database on the run's own Postgres 18, which the first caller of a run starts. Takes about 0.2 s, 2 s for the first. */
export async function freshDatabase({ migrated = true }: { migrated?: boolean } = {}): Promise<TestDatabase> {
  const { url } = await server();
  const name = `test_${randomBytes(6).toString('hex')}`;
  const owner = { role: `${name}_owner`, password: randomBytes(12).toString('hex') };
  const service = { role: `${name}_service`, password: randomBytes(12).toString('hex') };
  await asSuperuser(url, [
    `create role ${owner.role} login password '${owner.password}'`,
    `create role ${service.role} login password '${service.password}'`,
    `grant ${service.role} to ${owner.role}`,
    `create database ${name} owner ${owner.role}`,
  ]);
  const ownerUrl = urlOf(url, name, owner);
  if (migrated) await migrate({ ownerUrl, serviceRole: service.role });
  return {
    ownerUrl,
    serviceUrl: urlOf(url, name, service),
    serviceRole: service.role,
    drop: () => asSuperuser(url, [`drop database ${name} with (force)`, `drop role ${service.role}`, `drop role ${owner.role}`]),
  };
}

function urlOf(base: string, database: string, { role, password }: { role: string; password: string }): string {
  const url = new URL(base);
  url.username = role;
  url.password = password;
  url.pathname = `/${database}`;
  return url.href;
}

async function asSuperuser(url: string, statements: readonly string[]): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
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
