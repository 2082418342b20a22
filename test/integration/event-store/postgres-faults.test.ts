import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { PostgresEventStore } from '../../../services/event-store/adapters/postgres/postgres.event-store.ts';
import type { StoredEvent } from '../../../services/event-store/domain/event-store.ts';
import { UnknownOutcomeFault } from '../../../services/event-store/domain/faults.ts';
import { collect, propose, until } from '../../contracts/event-store/events.ts';
import { freshDatabase, type TestDatabase } from '../../support/postgres.ts';

const stream = 'acme.account-1';

describe('the Postgres event store', () => {
  let database: TestDatabase;
  let store: PostgresEventStore;
  let owner: pg.Client;
  beforeEach(async () => {
    database = await freshDatabase();
    store = new PostgresEventStore({ url: database.serviceUrl, pollMs: 20 });
    owner = new pg.Client({ connectionString: database.ownerUrl });
    await owner.connect();
  });
  afterEach(async () => {
    await store.dispose();
    await owner.end();
    await database.drop();
  });

  /** Ends the connections of the service, as a restart of the server would. Its owner's role is a member of the service's. */
  const cutConnections = (application = '%') =>
    owner.query('select pg_terminate_backend(pid) from pg_stat_activity where usename = $1 and application_name like $2', [
      database.serviceRole,
      application,
    ]);

  /** Changes the log behind the port, as only its owner can. */
  async function tamper(statement: string): Promise<void> {
    await owner.query(`alter table event_store.event_log disable trigger event_log_is_append_only`);
    await owner.query(statement);
    await owner.query(`alter table event_store.event_log enable trigger event_log_is_append_only`);
  }

  it('refuses only the member of a flush that the server cannot take', async () => {
    // A row that the stream's own revision does not know of: the next append to that stream meets the constraint.
    await owner.query(
      `insert into event_store.event_log (position, stream, revision, event_id, event_type, data)
        values (1000000, $1, 0, gen_random_uuid(), 'AccountCharged/1', '{}')`,
      [stream],
    );
    const answers = await Promise.allSettled([
      store.append({ stream: 'acme.account-2', expected: 'no_stream', events: propose(2) }),
      store.append({ stream, expected: 'no_stream', events: propose(1) }),
      store.append({ stream: 'acme.account-3', expected: 'no_stream', events: propose(2) }),
      store.append({ stream: 'acme.account-3', expected: 1n, events: propose(1) }),
    ]);
    expect(answers).toMatchObject([
      { value: { revision: 1n, fresh: true } },
      { reason: { name: 'AppendRefusedDefect' } },
      { value: { revision: 1n, fresh: true } },
      { value: { revision: 2n, fresh: true } },
    ]);
  });

  it('25 answers unknown when the connection is lost, and the repeat converges', async () => {
    await store.ready();
    const locked = new pg.Client({ connectionString: database.ownerUrl });
    await locked.connect();
    await locked.query('begin; select from event_store.event_log_head for update'); // The flush hangs behind this lock.
    const events = propose(2);
    const lost = store.append({ stream, expected: 'no_stream', events });
    const outcome = expect(lost).rejects.toBeInstanceOf(UnknownOutcomeFault);
    await waitForLock();
    await cutConnections('tallyroot event store');
    await outcome;
    await locked.query('rollback');
    await locked.end();
    expect(await store.append({ stream, expected: 'no_stream', events })).toMatchObject({ revision: 1n });
    expect(await collect(store.readAll())).toHaveLength(2);
  });

  it('25 answers unknown when a flush takes too long, and the repeat converges', async () => {
    const impatient = new PostgresEventStore({ url: database.serviceUrl, flushTimeoutMs: 300 });
    await impatient.ready();
    const locked = new pg.Client({ connectionString: database.ownerUrl });
    await locked.connect();
    await locked.query('begin; select from event_store.event_log_head for update');
    const events = propose(1);
    await expect(impatient.append({ stream, expected: 'no_stream', events })).rejects.toBeInstanceOf(UnknownOutcomeFault);
    await locked.query('rollback');
    await locked.end();
    expect(await impatient.append({ stream, expected: 'no_stream', events })).toMatchObject({ revision: 0n });
    expect(await collect(impatient.readAll())).toHaveLength(1);
    await impatient.dispose();
  });

  it('never lets appends that wait overtake those that a repeat before them puts back', async () => {
    const created = propose(1);
    const other = new PostgresEventStore({ url: database.serviceUrl });
    await other.append({ stream, expected: 'no_stream', events: created });
    await other.dispose();
    await store.ready();
    const locked = new pg.Client({ connectionString: database.ownerUrl });
    await locked.connect();
    await locked.query('begin; select from event_store.event_log_head for update');
    const inFlight = [
      store.append({ stream, expected: 'no_stream', events: created }),
      store.append({ stream, expected: 0n, events: propose(1) }),
    ];
    await waitForLock();
    const waiting = Array.from({ length: 100 }, (_, index) => store.append({ stream, expected: BigInt(index + 1), events: propose(1) }));
    await locked.query('rollback');
    await locked.end();
    const answers = await Promise.all([...inFlight, ...waiting]);
    expect(answers.map(({ revision }) => revision)).toEqual(answers.map((_, index) => BigInt(index)));
  });

  it('refuses appends that its queue cannot hold, without writing them', async () => {
    const small = new PostgresEventStore({ url: database.serviceUrl, queueLengthMax: 10 });
    const answers = await Promise.allSettled(
      Array.from({ length: 30 }, (_, index) =>
        small.append({ stream: `acme.account-${index}`, expected: 'no_stream', events: propose(1) }),
      ),
    );
    const refused = answers.filter((answer) => answer.status === 'rejected');
    expect(refused).toHaveLength(20);
    expect(refused[0]).toMatchObject({ reason: { name: 'StoreOverloadedFault', retryable: true } });
    expect(await collect(small.readAll())).toHaveLength(10);
    await small.dispose();
  });

  it('57 subscribes again after the last handled event when connections are lost', async () => {
    const seen: StoredEvent[] = [];
    const subscription = store.subscribeAll({ from: 'start', handle: async ({ events }) => void seen.push(...events) });
    for (let index = 0; index < 5; index++) {
      await store.append({ stream: `acme.account-${index}`, expected: 'no_stream', events: propose(3) });
      await cutConnections('%reader');
    }
    await until(() => seen.length >= 15);
    expect(seen.map(({ position }) => position)).toEqual(Array.from({ length: 15 }, (_, index) => BigInt(index + 1)));
    await subscription.unsubscribe();
  });

  it('55 sees what another process appended', async () => {
    const other = new PostgresEventStore({ url: database.serviceUrl });
    const seen: StoredEvent[] = [];
    const subscription = store.subscribeAll({ from: 'end', handle: async ({ events }) => void seen.push(...events) });
    await until(() => subscription.state === 'live');
    await other.append({ stream, expected: 'no_stream', events: propose(1) });
    await until(() => seen.length === 1);
    await other.dispose();
  });

  it('59-61 names a stream that was cut or deleted behind the port', async () => {
    await store.append({ stream, expected: 'no_stream', events: propose(5) });
    await tamper('delete from event_store.event_log where revision = 4');
    await expect(collect(store.readStream(stream))).rejects.toMatchObject({
      name: 'StreamDeletedFault',
      message: expect.stringContaining('Revision 4'),
    });
    await expect(collect(store.readStream(stream, { direction: 'backwards' }))).rejects.toMatchObject({ name: 'StreamDeletedFault' });
    await tamper('delete from event_store.event_log where revision = 1');
    await expect(collect(store.readStream(stream))).rejects.toMatchObject({ message: expect.stringContaining('Revision 1') });
    await tamper('delete from event_store.event_log where revision < 4');
    await expect(collect(store.readStream(stream))).rejects.toMatchObject({ message: expect.stringContaining('Revision 0') });
  });

  it('60 names a stream that was sealed, or whose record was removed', async () => {
    await store.append({ stream, expected: 'no_stream', events: propose(1) });
    await owner.query('update event_store.event_stream set sealed = true');
    await expect(store.append({ stream, expected: 0n, events: propose(1) })).rejects.toMatchObject({ name: 'StreamDeletedFault' });
    await expect(collect(store.readStream(stream))).rejects.toMatchObject({ name: 'StreamDeletedFault' });
    await owner.query('delete from event_store.event_stream');
    await expect(collect(store.readStream(stream))).rejects.toMatchObject({ name: 'StreamDeletedFault' });
  });

  it('65 is ready when it can append and read, and says why when it is not', async () => {
    await store.ready();
    const nowhere = new PostgresEventStore({ url: 'postgres://nobody:nothing@127.0.0.1:1/none' });
    await expect(nowhere.ready()).rejects.toMatchObject({ name: 'StoreUnavailableFault', retryable: true });
    await expect(nowhere.append({ stream, expected: 'no_stream', events: propose(1) })).rejects.toBeInstanceOf(UnknownOutcomeFault);
    await nowhere.dispose();
  });

  it('66 ends what waits as unknown when it is disposed of', async () => {
    const appends = Array.from({ length: 5 }, (_, index) =>
      store.append({ stream: `acme.account-${index}`, expected: 'no_stream', events: propose(1) }),
    );
    const settled = Promise.allSettled(appends);
    await store.dispose();
    for (const answer of await settled) if (answer.status === 'rejected') expect(answer.reason).toBeInstanceOf(UnknownOutcomeFault);
    await expect(store.append({ stream, expected: 'no_stream', events: propose(1) })).rejects.toBeInstanceOf(UnknownOutcomeFault);
    await store.dispose();
  });

  async function waitForLock(): Promise<void> {
    for (let waiting = 0; waiting === 0;) {
      const { rows } = await owner.query<{ waiting: string }>(
        `select count(*) as waiting from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`,
      );
      waiting = Number(rows[0]?.waiting);
    }
  }
});
