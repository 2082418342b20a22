import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { takeBaseBackup } from './embedded/base-backup.ts';
import { copyFolder } from './embedded/copy-folder.ts';
import { type DataFolder, dataFolderAt } from './embedded/data-folder.ts';
import { EngineFault } from './embedded/engine-fault.ts';
import { type Engines, openEngines } from './embedded/engines.ts';
import { lastDataFolder } from './embedded/last-data-folder.ts';
import { PostgresCluster } from './embedded/postgres-cluster.ts';
import { databaseUrl, superuserRole } from './embedded/postgres-roles.ts';
import { type Environment, readSettings, SettingsFault } from './settings.ts';

const attemptsMax = 5;
/** Files of the processes that hold the original; whoever starts on the copy makes its own. */
const ofProcesses = new Set(['lock', 'runtime.json', 'process.json', 'node.log']);

/**
 * `backup --out <folder> [--data <folder>]`: a whole data folder that a service can be started on, taken while the service runs, or on a
 * folder on which nothing runs. docs/guides/backup-and-restore.md.
 */
export async function runBackup(args: readonly string[], environment: Environment): Promise<number> {
  const { out, data } = optionsIn(args);
  if (out === undefined) throw new SettingsFault('backup needs --out <folder>.');
  const settings = readSettings(data === undefined ? [] : ['--data', data], environment, lastDataFolder());
  if (settings.databaseUrl !== undefined)
    throw new SettingsFault(
      'backup copies the embedded Postgres. For the one of DATABASE_URL use its own tools: docs/guides/backup-and-restore.md.',
    );
  const folder = dataFolderAt(settings.dataFolder);
  if (!existsSync(join(folder.postgres, 'cluster')))
    throw new EngineFault(`${folder.path} holds no database; name the data folder with --data.`);
  const target = resolve(out);
  if (existsSync(target)) throw new EngineFault(`${target} exists already; name a folder that does not.`);
  const engines = await openEngines({ ...settings, chain: { kind: 'none' } }, warn);
  try {
    await takeBackup(folder, engines, target);
  } finally {
    await engines.stop();
  }
  process.stdout.write(`The backup is in ${target}. It holds passwords and signing keys: keep it as you keep those.\n`);
  return 0;
}

/** Complete or absent: it is made beside its place and moved there. */
async function takeBackup(folder: DataFolder, engines: Engines, target: string): Promise<void> {
  await mkdir(dirname(target), { recursive: true });
  for (let attempt = 1; attempt <= attemptsMax; attempt++) {
    const draft = await mkdtemp(join(dirname(target), `.${basename(target)}-`));
    try {
      await chmod(draft, 0o700);
      if (await fill(dataFolderAt(draft), folder, engines)) return await rename(draft, target);
    } finally {
      await rm(draft, { recursive: true, force: true });
    }
  }
  throw new EngineFault('The local chain was anchored on whenever a copy of it was taken: stop the service, then take the backup.');
}

/**
 * First the keys with the heads that they remember, then the database, then the local chain: each may know more than the one before, never
 * less. Answers false when an anchor was sent between the last two: then the chain's copy knows one that the database's does not.
 */
async function fill(draft: DataFolder, folder: DataFolder, { databaseOwnerUrl, databaseUrl: serviceUrl }: Engines): Promise<boolean> {
  const leaveOut = (path: string) => ofProcesses.has(basename(path));
  for (const [from, to] of [
    [folder.keys, draft.keys],
    [folder.apiKey, draft.apiKey],
    [folder.operatorKey, draft.operatorKey],
    [join(folder.path, 'contract.json'), join(draft.path, 'contract.json')],
  ] as const) {
    await copyFolder(from, to, { leaveOut, inUse: true });
  }
  const cluster = new PostgresCluster(folder);
  const superuserUrl = databaseUrl(superuserRole, cluster.passwords.superuser, Number(new URL(databaseOwnerUrl).port));
  let anchors = '';
  await mkdir(draft.postgres, { mode: 0o700 });
  await takeBaseBackup({
    cluster: cluster.path,
    superuserUrl,
    target: join(draft.postgres, 'cluster'),
    ending: async () => void (anchors = await anchorsIn(serviceUrl)),
  });
  await copyFolder(folder.chain, draft.chain, { leaveOut, inUse: true });
  return anchors === (await anchorsIn(serviceUrl));
}

/** Tells whether an anchor was signed since: each is written down before it is sent. */
async function anchorsIn(url: string): Promise<string> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<{ anchors: string }>(
      `select concat(count(*), ' ', max(signed_at)) as anchors from tallyroot.integrity_anchor`,
    );
    return rows[0]?.anchors ?? '';
  } finally {
    await client.end();
  }
}

function optionsIn(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: { out: { type: 'string' }, data: { type: 'string' } } }).values;
  } catch (error) {
    throw new SettingsFault((error as Error).message);
  }
}

function warn(text: string): void {
  process.stderr.write(`${text}\n`);
}
