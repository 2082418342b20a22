import { chown, readdir, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join, sep } from 'node:path';
import pg from 'pg';
import { copyFolder } from './copy-folder.ts';

export interface BaseBackup {
  /** Of the running server. */
  readonly cluster: string;
  readonly superuserUrl: string;
  /** Must not exist yet. */
  readonly target: string;
  /** Called at the moment that the backup is of: everything committed before is in it. */
  readonly ending: () => Promise<void>;
}

/** Contents that a server makes anew, or that belong to the running one. */
const emptied = ['pg_dynshmem', 'pg_notify', 'pg_replslot', 'pg_serial', 'pg_snapshots', 'pg_stat_tmp', 'pg_subtrans', 'pg_wal'];
const leftOut = new Set(['postmaster.pid', 'postmaster.opts', 'backup_label', 'tablespace_map', 'pg_internal.init', 'current_logfiles']);

/**
 * Copies a cluster while its server runs and is written to, by Postgres's own low-level backup (its manual, 25.3.4): the files as they
 * happen to be, and the log of changes that makes them whole when a server starts on them. npm's Postgres brings no pg_basebackup.
 */
export async function takeBaseBackup({ cluster, superuserUrl, target, ending }: BaseBackup): Promise<void> {
  const client = new pg.Client({ connectionString: superuserUrl, application_name: 'tallyroot backup' });
  await client.connect();
  try {
    // Keeps the server from using segments of its log again that the backup needs. Temporary: it goes with this connection.
    await client.query('select pg_create_physical_replication_slot($1, true, true)', [`tallyroot_backup_${process.pid}`]);
    await client.query('select pg_backup_start($1, true)', ['tallyroot']);
    await copyFolder(cluster, target, { leaveOut, inUse: true });
    await ending();
    const { rows } = await client.query<{ labelfile: string }>('select labelfile from pg_backup_stop(false)');
    const label = rows[0]?.labelfile ?? '';
    await writeAsServer(join(target, 'backup_label'), label, cluster);
    await copySegments({ from: join(cluster, 'pg_wal'), to: join(target, 'pg_wal'), first: firstSegmentOf(label) });
  } finally {
    await client.end();
  }
}

function leaveOut(path: string): boolean {
  const [top] = path.split(sep);
  const isInside = dirname(path) !== '.';
  return (isInside && emptied.includes(top ?? '')) || leftOut.has(basename(path)) || basename(path).startsWith('pgsql_tmp');
}

/** The first segment of the log that a server on the copy needs. */
function firstSegmentOf(label: string): string {
  const segment = /^START WAL LOCATION: .+ \(file ([0-9A-F]{24})\)$/m.exec(label)?.[1];
  if (segment === undefined) throw new Error(`Postgres gave a backup label without its first segment: ${label}`);
  return segment;
}

async function copySegments({ from, to, first }: { from: string; to: string; first: string }): Promise<void> {
  for (const name of await readdir(from)) {
    if (!/^[0-9A-F]{24}$/.test(name) || name < first) continue;
    await copyFolder(join(from, name), join(to, name), { leaveOut: () => false });
  }
}

async function writeAsServer(path: string, text: string, cluster: string): Promise<void> {
  await writeFile(path, text, { mode: 0o600 });
  const { uid, gid } = await stat(cluster);
  if (process.getuid?.() === 0) await chown(path, uid, gid);
}
