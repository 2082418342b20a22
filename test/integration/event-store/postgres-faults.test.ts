import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { LogReader } from '../../../services/event-store/adapters/postgres/log-reader.ts';
import { PostgresEventStore } from '../../../services/event-store/adapters/postgres/postgres.event-store.ts';
import type { StoredEvent } from '../../../services/event-store/domain/event-store.ts';
import { createPool } from '../../../services/read-store/pool.ts';
import { collect, propose, until } from '../../contracts/event-store/events.ts';
import { TcpProxy } from '../../support/tcp-proxy.ts';
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

  it('does not find a stream that another process begins while it is asked for, and calls nothing deleted', async () => {
    const pool = createPool({ url: database.serviceUrl });
    let questions = 0;
    const interrupted = {
      query: async (question: pg.QueryConfig) => {
        const answer = await pool.query(question);
        if (questions++ === 0) await store.append({ stream, expected: 'no_stream', events: propose(1) });
        return answer;
      },
    };
    const reader = new LogReader(interrupted as unknown as pg.Pool);
    await expect(collect(reader.readStream(stream, {}))).rejects.toMatchObject({ name: 'StreamNotFoundFault' });
    expect(await collect(reader.readStream(stream, {}))).toHaveLength(1);
    await pool.end();
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

  it('59-61 names events that were removed inside of a stream or at its end', async () => {
    await store.append({ stream, expected: 'no_stream', events: propose(5) });
    await tamper('delete from event_store.event_log where revision = 4');
    const expectMissing = (revision: number) =>
      expect(collect(store.readStream(stream))).rejects.toMatchObject({
        name: 'StreamDeletedFault',
        message: expect.stringContaining(`Revision ${revision}`),
      });
    await expectMissing(4);
    await expect(collect(store.readStream(stream, { direction: 'backwards' }))).rejects.toMatchObject({ name: 'StreamDeletedFault' });
    await tamper('delete from event_store.event_log where revision = 1');
    await expectMissing(1);
    await tamper('delete from event_store.event_log where revision < 4');
    await expectMissing(0);
  });

  it('60 names a stream whose record was removed while its events stayed', async () => {
    await store.append({ stream, expected: 'no_stream', events: propose(1) });
    await owner.query('delete from event_store.event_stream');
    await expect(collect(store.readStream(stream))).rejects.toMatchObject({ name: 'StreamDeletedFault' });
  });

  it('57 takes a server that falls silent for one that is away, and goes on when it speaks again', async () => {
    const { hostname, port } = new URL(database.serviceUrl);
    const proxy = await TcpProxy.start({ host: hostname, port: Number(port) });
    const proxied = new URL(database.serviceUrl);
    proxied.port = String(proxy.port);
    const patient = new PostgresEventStore({ url: proxied.href, pollMs: 20, readTimeoutMs: 300 });
    const seen: StoredEvent[] = [];
    const subscription = patient.subscribeAll({ from: 'start', handle: async ({ events }) => void seen.push(...events) });
    await until(() => subscription.state === 'live');
    proxy.mode = 'freeze'; // Nothing arrives and nothing ends: only a timer can tell.
    await store.append({ stream, expected: 'no_stream', events: propose(3) });
    await until(() => subscription.state === 'reconnecting');
    await expect(patient.head()).rejects.toMatchObject({ name: 'StoreUnavailableFault', retryable: true });
    await expect(patient.ready()).rejects.toMatchObject({ name: 'StoreUnavailableFault' });
    expect(seen).toEqual([]);
    proxy.mode = 'pass';
    await until(() => seen.length === 3);
    expect(seen).toEqual(await collect(store.readAll()));
    await patient.dispose();
    await proxy.close();
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
