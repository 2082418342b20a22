import pg from 'pg';

/** Passwords of the three roles; random, kept 0600 in the data folder. */
export interface PostgresPasswords {
  readonly superuser: string;
  readonly owner: string;
  readonly service: string;
}

export const superuserRole = 'postgres';
export const ownerRole = 'tallyroot_owner';
export const serviceRole = 'tallyroot_service';
const database = 'tallyroot';

/** Creates what is missing: the owner of the event store, the service's role, which owns nothing there, and the database. */
export async function ensureRoles(client: pg.Client, passwords: PostgresPasswords): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    `select rolname as name from pg_roles where rolname in ('${ownerRole}', '${serviceRole}')
     union all select datname from pg_database where datname = '${database}'`,
  );
  const existing = new Set(rows.map(({ name }) => name));
  if (!existing.has(ownerRole)) await client.query(`create role ${ownerRole} login password ${client.escapeLiteral(passwords.owner)}`);
  if (!existing.has(serviceRole)) {
    await client.query(`create role ${serviceRole} login password ${client.escapeLiteral(passwords.service)}`);
  }
  await client.query(`grant ${serviceRole} to ${ownerRole} with set true, inherit false`);
  if (!existing.has(database)) await client.query(`create database ${database} owner ${ownerRole}`);
}

export function databaseUrl(role: string, password: string, port: number): string {
  return `postgres://${role}:${password}@127.0.0.1:${port}/${role === superuserRole ? 'postgres' : database}`;
}
