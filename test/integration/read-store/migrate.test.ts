import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import pg from 'pg';
import { PostgresEventStore } from '../../../services/event-store/adapters/postgres/postgres.event-store.ts';
import { applyMigrations } from '../../../services/read-store/apply-migrations.ts';
import { migrate } from '../../../services/read-store/migrate.ts';
import { createPool } from '../../../services/read-store/pool.ts';
import { projectRoot } from '../../../services/read-store/project-root.ts';
import { propose } from '../../contracts/event-store/events.ts';
import { freshDatabase, type TestDatabase } from '../../support/postgres.ts';

describe('migrating', () => {
  let database: TestDatabase;
  let owner: pg.Client;
  beforeEach(async () => {
    database = await freshDatabase({ migrated: false });
    owner = new pg.Client({ connectionString: database.ownerUrl });
    await owner.connect();
  });
  afterEach(async () => {
    await owner.end();
    await database.drop();
  });

  const names = async (schema: string) =>
    (await owner.query<{ name: string }>(`select name from ${schema}.migration order by name`)).rows.map(({ name }) => name);

  it('works from empty, again, and from several processes at once', async () => {
    const options = { ownerUrl: database.ownerUrl, serviceRole: database.serviceRole };
    await Promise.all([migrate(options), migrate(options), migrate(options)]);
    await migrate(options);
    expect(await names('event_store')).toEqual(['0001-event-log.sql', '0002-append-events.sql']);
    expect(await names('tallyroot')).toContain('0001-projection-checkpoint.sql');
  });

  it('keeps what is stored when it runs again', async () => {
    const options = { ownerUrl: database.ownerUrl, serviceRole: database.serviceRole };
    await migrate(options);
    const store = new PostgresEventStore({ url: database.serviceUrl });
    const { position } = await store.append({ stream: 'acme.account-1', expected: 'no_stream', events: propose(2) });
    const { storeId } = await store.head();
    await migrate(options);
    expect(await store.head()).toEqual({ position, storeId });
    await store.dispose();
  });

  it('gives schema tallyroot to the service, and event_store to the owner', async () => {
    await migrate({ ownerUrl: database.ownerUrl, serviceRole: database.serviceRole });
    const { rows } = await owner.query<{ schema: string; owner: string }>(
      `select distinct schemaname as schema, tableowner as owner from pg_tables where schemaname in ('event_store', 'tallyroot') order by 1`,
    );
    const ownerRole = new URL(database.ownerUrl).username;
    expect(rows).toEqual([
      { schema: 'event_store', owner: ownerRole },
      { schema: 'tallyroot', owner: database.serviceRole },
    ]);
  });

  it('works where one role has to do for both', async () => {
    const role = new URL(database.ownerUrl).username;
    await migrate({ ownerUrl: database.ownerUrl, serviceRole: role });
    const store = new PostgresEventStore({ url: database.ownerUrl });
    expect(await store.append({ stream: 'acme.account-1', expected: 'no_stream', events: propose(1) })).toMatchObject({ fresh: true });
    await expect(owner.query('delete from event_store.event_log')).rejects.toThrow('append-only');
    await store.dispose();
  });

  it('refuses a migration that was changed after it had been applied, and rolls a broken one back', async () => {
    const root = projectRoot(import.meta.dirname);
    const folder = mkdtempSync(join(root, 'test', 'migrations-'));
    const options = { schema: 'public', folder: relative(root, folder) };
    try {
      await owner.query('create schema if not exists public');
      writeFileSync(join(folder, '0001-one.sql'), 'create table one (id integer);');
      expect(await applyMigrations(owner, options)).toEqual(['0001-one.sql']);
      expect(await applyMigrations(owner, options)).toEqual([]);
      writeFileSync(join(folder, '0002-two.sql'), 'create table two (id integer); select nonsense;');
      await expect(applyMigrations(owner, options)).rejects.toThrow('0002-two.sql');
      expect((await owner.query(`select to_regclass('two') as two`)).rows).toEqual([{ two: null }]);
      writeFileSync(join(folder, '0001-one.sql'), 'create table one (id bigint);');
      await expect(applyMigrations(owner, options)).rejects.toMatchObject({ name: 'MigrationDefect' });
      writeFileSync(join(folder, '0002-three.sql'), '');
      await expect(applyMigrations(owner, options)).rejects.toMatchObject({ name: 'MigrationDefect' });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('the pool', () => {
  it('reads bigint exactly, alone and in arrays, and finds tables of schema tallyroot', async () => {
    const database = await freshDatabase();
    const pool = createPool({ url: database.serviceUrl });
    const { rows } = await pool.query(
      `select 9007199254740993::bigint as one, array[1, 9223372036854775807]::bigint[] as many, '{}'::bigint[] as none`,
    );
    expect(rows).toEqual([{ one: 9007199254740993n, many: [1n, 9223372036854775807n], none: [] }]);
    expect((await pool.query('select count(*) as count from projection_checkpoint')).rows).toEqual([{ count: 0n }]);
    await pool.end();
    await database.drop();
  });
});
