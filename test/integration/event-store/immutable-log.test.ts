import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { PostgresEventStore } from '../../../services/event-store/adapters/postgres/postgres.event-store.ts';
import { propose } from '../../contracts/event-store/events.ts';
import { freshDatabase, type TestDatabase } from '../../support/postgres.ts';

const insufficientPrivilege = '42501';
const restrictViolation = '23001';
const columns = 'position, stream, revision, event_id, event_type, data';
const row = `1000, 'acme.account-2', 0, gen_random_uuid(), 'AccountCharged/1', '{}'`;

describe('the log in Postgres', () => {
  let database: TestDatabase;
  let service: pg.Client;
  let owner: pg.Client;
  beforeAll(async () => {
    database = await freshDatabase();
    const store = new PostgresEventStore({ url: database.serviceUrl });
    await store.append({ stream: 'acme.account-1', expected: 'no_stream', events: propose(3) });
    await store.dispose();
    service = new pg.Client({ connectionString: database.serviceUrl });
    owner = new pg.Client({ connectionString: database.ownerUrl });
    await Promise.all([service.connect(), owner.connect()]);
  });
  afterAll(async () => {
    await Promise.all([service.end(), owner.end()]);
    await database.drop();
  });

  it.each([
    `insert into event_store.event_log (${columns}) values (${row})`,
    `update event_store.event_log set data = '{}'`,
    `delete from event_store.event_log`,
    `truncate event_store.event_log`,
    `update event_store.event_stream set revision = 0`,
    `delete from event_store.event_stream`,
    `insert into event_store.event_stream (name, revision) values ('acme.account-3', 5)`,
    `update event_store.event_log_head set position_last = 0`,
    `delete from event_store.event_log_head`,
    `alter table event_store.event_log disable trigger all`,
    `drop trigger event_log_is_append_only on event_store.event_log`,
    `drop table event_store.event_log`,
    `create table event_store.other (id integer)`,
    `create or replace function event_store.append_events(text[], bigint[], int[], uuid[], text[], text[], text[]) returns void language sql as ''`,
  ])('[E2] refuses the service role: %s', async (statement) => {
    await expect(service.query(statement)).rejects.toMatchObject({ code: insufficientPrivilege });
  });

  it.each([
    `update event_store.event_log set data = '{}'`,
    `update event_store.event_log set data = '{}' where false`,
    `delete from event_store.event_log`,
    `truncate event_store.event_log`,
  ])('[E2] refuses even its owner: %s', async (statement) => {
    await expect(owner.query(statement)).rejects.toMatchObject({
      code: restrictViolation,
      message: expect.stringContaining('append-only'),
    });
  });

  it('[E2] does not let the service role become the owner', async () => {
    const owner = new URL(database.ownerUrl).username;
    await expect(service.query(`set role ${owner}`)).rejects.toMatchObject({ code: insufficientPrivilege });
  });

  it('[E2] lets nobody else append: the function is not for the public', async () => {
    const { rows } = await owner.query<{ allowed: boolean }>(
      `select has_function_privilege('pg_read_all_data', 'event_store.append_events(text[], bigint[], int[], uuid[], text[], text[], text[])', 'execute') as allowed`,
    );
    expect(rows).toEqual([{ allowed: false }]);
  });

  it('[E2] holds after all that exactly what was appended', async () => {
    const { rows } = await service.query<{ events: string }>('select count(*) as events from event_store.event_log');
    expect(rows).toEqual([{ events: '3' }]);
  });
});
