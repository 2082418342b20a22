import pg from 'pg';
import { applyMigrations } from './apply-migrations.ts';

export interface MigrateOptions {
  /** Of the role that owns the event store: it may create schemas in this database. */
  readonly ownerUrl: string;
  /**
   * The role that the service connects as. It owns schema `tallyroot`; in `event_store` it may execute `append_events` and read.
   * May be the owner itself, where a database offers one role only; then nothing but the trigger keeps the log from being changed.
   */
  readonly serviceRole: string;
  /** When given, and the role is missing, it is created with this password (the owner must be allowed to). */
  readonly servicePassword?: string;
}

/** Any 63-bit number that nothing else in the database uses. */
const migrationLock = 7_302_658_143_201n;

/**
 * Brings both schemas to what this release needs. Safe to run again and from several processes at once: they queue on an advisory lock.
 * `event_store` runs as the owner; `tallyroot` runs as the service's role, so that the service owns its tables.
 */
export async function migrate({ ownerUrl, serviceRole, servicePassword }: MigrateOptions): Promise<void> {
  const client = new pg.Client({
    connectionString: ownerUrl,
    application_name: 'tallyroot migrate',
    options: '-c client_min_messages=warning',
  });
  await client.connect();
  try {
    await client.query('select pg_advisory_lock($1)', [migrationLock]);
    const service = client.escapeIdentifier(serviceRole);
    if (servicePassword !== undefined) await createRoleIfMissing(client, serviceRole, servicePassword);

    await client.query('create schema if not exists event_store');
    await applyMigrations(client, { schema: 'event_store', folder: 'services/event-store/adapters/postgres/migrations' });
    await grantEventStore(client, service);

    await client.query(`create schema if not exists tallyroot authorization ${service}`);
    await client.query(`set role ${service}`);
    await client.query('set search_path = tallyroot');
    await applyMigrations(client, { schema: 'tallyroot', folder: 'services/read-store/migrations' });
  } finally {
    await client.end(); // Frees the lock as well.
  }
}

async function createRoleIfMissing(client: pg.Client, role: string, password: string): Promise<void> {
  const { rowCount } = await client.query('select from pg_roles where rolname = $1', [role]);
  if (rowCount !== 0) return;
  await client.query(`create role ${client.escapeIdentifier(role)} login password ${client.escapeLiteral(password)}`);
  await client.query(`grant ${client.escapeIdentifier(role)} to current_user with set true`);
}

/** To read everything and to append through the function: all that the service's role ever gets there. */
async function grantEventStore(client: pg.Client, service: string): Promise<void> {
  const { rows } = await client.query<{ separate: boolean }>('select to_regrole($1) <> to_regrole(current_user::text) as separate', [
    service,
  ]);
  if (rows[0]?.separate !== true) return; // One role for both: an owner needs no grants.
  await client.query(`grant usage on schema event_store to ${service}`);
  await client.query(`grant select on all tables in schema event_store to ${service}`);
  await client.query(`grant execute on function event_store.append_events to ${service}`);
}
