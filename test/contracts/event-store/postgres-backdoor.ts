import pg from 'pg';
import type { FreshDatabase } from '../../../bench/support/fresh-database.ts';
import type { AppendFault, SetBack, Tamper } from './engine.ts';

/** What docs/reference/event-store.md tells an operator to run after a restore, before any service starts. */
export const newStoreId = 'update event_store.event_log_head set store_id = gen_random_uuid()';

/** What the owner of the log, or a superuser, can do to it behind the port. */
export class PostgresBackdoor implements SetBack, Tamper {
  readonly #database: FreshDatabase;
  readonly #superuserUrl: string;
  /** Statements that undo what a test did, to be run as the owner. */
  readonly #undo = new Set<string>();

  constructor(database: FreshDatabase, superuserUrl: string) {
    this.#database = database;
    this.#superuserUrl = superuserUrl;
  }

  get #name(): string {
    return new URL(this.#database.ownerUrl).pathname.slice(1);
  }

  /** Runs statements one by one, each in a transaction of its own unless they say otherwise. */
  asOwner(...statements: string[]): Promise<void> {
    return runAll(this.#database.ownerUrl, statements);
  }

  #asSuperuser(...statements: string[]): Promise<void> {
    return runAll(this.#superuserUrl, statements);
  }

  async heal(): Promise<void> {
    const statements = [...this.#undo];
    this.#undo.clear();
    if (statements.length > 0) await this.asOwner(...statements);
  }

  // Tamper

  /** The stream's record stays, and with it the revision at which the next event would go on. */
  softDelete(stream: string): Promise<void> {
    return this.#withoutTrigger(`delete from event_store.event_log where stream = ${quoted(stream)}`);
  }

  tombstone(stream: string): Promise<void> {
    return this.asOwner(`update event_store.event_stream set sealed = true where name = ${quoted(stream)}`);
  }

  truncate(stream: string, before: bigint): Promise<void> {
    return this.#withoutTrigger(`delete from event_store.event_log where stream = ${quoted(stream)} and revision < ${before}`);
  }

  #withoutTrigger(statement: string): Promise<void> {
    return this.asOwner(
      'alter table event_store.event_log disable trigger event_log_is_append_only',
      statement,
      'alter table event_store.event_log enable trigger event_log_is_append_only',
    );
  }

  /** Events under names that no append takes, each at a position of its own. */
  noise(): Promise<void> {
    const names = [
      ['$stats-127.0.0.1:2113', '$statsCollected'],
      ['$$noise.account-1', '$metadata'],
      ['$users', 'UserCreated/1'],
      ['noise.account-1', '$>'],
    ] as const;
    const rows = names.map(([stream, type], index) => `(${index + 1}, '${stream}', '${type}')`);
    return this.asOwner(
      `with head as (update event_store.event_log_head set position_last = position_last + stride * ${names.length} returning position_last, stride)
        insert into event_store.event_log (position, stream, revision, event_id, event_type, data)
          select position_last - stride * (${names.length} - place), stream, position_last + place, gen_random_uuid(), type, '{"noise":true}'
            from head, (values ${rows.join()}) as noise (place, stream, type)`,
    );
  }

  // Time

  skewClock(milliseconds: number): Promise<void> {
    const restore = 'alter table event_store.event_log alter created_at set default clock_timestamp()';
    this.#undo.add(restore);
    return this.asOwner(`${restore} + interval '${milliseconds} milliseconds'`);
  }

  /** Holds every commit up at its very end: the position is taken, and nobody sees it yet. */
  slowCommits(): Promise<void> {
    this.#undo.add('drop function event_store.wait_before_commit cascade');
    return this.asOwner(
      `create function event_store.wait_before_commit() returns trigger language plpgsql as
        $$ begin perform pg_sleep(0.004 * random()); return null; end $$`,
      `create constraint trigger wait_before_commit after update on event_store.event_log_head deferrable initially deferred
        for each row execute function event_store.wait_before_commit()`,
    );
  }

  // Set back, as docs/reference/event-store.md tells an operator to.

  async copy(): Promise<void> {
    await this.#whileClosed(`create database ${this.#name}_copy template ${this.#name}`);
  }

  async restore(): Promise<void> {
    const copy = new URL(this.#database.ownerUrl);
    copy.pathname += '_copy';
    await runAll(copy.href, [newStoreId]);
    await this.#whileClosed(`drop database ${this.#name}`, `alter database ${this.#name}_copy rename to ${this.#name}`);
  }

  /** Nobody may be connected to a database that is copied or dropped. */
  #whileClosed(...statements: string[]): Promise<void> {
    return this.#asSuperuser(
      `alter database ${this.#name} allow_connections false`,
      this.#endSessions,
      ...statements,
      `alter database ${this.#name} allow_connections true`,
    );
  }

  get #endSessions(): string {
    return `select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = ${quoted(this.#name)}`;
  }

  // Faults of the server

  get appendFaults(): readonly AppendFault[] {
    const { serviceRole } = this.#database;
    return [
      {
        name: 'the disk is full',
        begin: () =>
          this.asOwner(
            `create function event_store.fill_disk() returns trigger language plpgsql as
              $$ begin raise exception 'could not extend file: No space left on device' using errcode = 'disk_full'; end $$`,
            'create trigger fill_disk before insert on event_store.event_log execute function event_store.fill_disk()',
          ),
        end: () => this.asOwner('drop function event_store.fill_disk cascade'),
      },
      {
        name: 'the database takes reads only',
        begin: () => this.#asSuperuser(`alter database ${this.#name} set default_transaction_read_only = on`, this.#endSessions),
        end: () => this.#asSuperuser(`alter database ${this.#name} reset default_transaction_read_only`, this.#endSessions),
      },
      {
        name: 'the server has no connection left',
        begin: () => this.#asSuperuser(`alter role ${serviceRole} connection limit 0`, this.#endSessions),
        end: () => this.#asSuperuser(`alter role ${serviceRole} connection limit -1`),
      },
      this.#endedSessions(),
    ];
  }

  /** Each flush waits for the head row, and its session is ended there. */
  #endedSessions(): AppendFault {
    let holder: pg.Client | undefined;
    let ending: Promise<void> = Promise.resolve();
    return {
      name: 'the server ends the session in mid-append',
      begin: async () => {
        const client = new pg.Client({ connectionString: this.#database.ownerUrl });
        await client.connect();
        await client.query('begin; select from event_store.event_log_head for update');
        holder = client;
        ending = this.#endWaitingSessions(() => holder !== undefined);
      },
      end: async () => {
        const client = holder;
        holder = undefined;
        await ending;
        await client?.end();
      },
    };
  }

  async #endWaitingSessions(goesOn: () => boolean): Promise<void> {
    while (goesOn()) {
      await this.#asSuperuser(
        `select pg_terminate_backend(pid) from pg_stat_activity where datname = ${quoted(this.#name)} and wait_event_type = 'Lock'`,
      );
    }
  }

  /** Commits wait for a replica that never comes. */
  get unreplicated(): AppendFault {
    const set = (standby: string) =>
      this.#asSuperuser(`alter system set synchronous_standby_names = '${standby}'`, 'select pg_reload_conf()');
    return {
      name: 'the replica is away',
      begin: async () => {
        await set('away');
        let waiting = false;
        const probe = async () => {
          const commit = this.asOwner('select pg_current_xact_id()').catch(() => undefined);
          waiting = await Promise.race([commit.then(() => false), new Promise<true>((resolve) => setTimeout(resolve, 100, true))]);
        };
        const end = performance.now() + 10_000;
        while (!waiting && performance.now() < end) await probe();
      },
      end: () => set(''),
    };
  }
}

async function runAll(url: string, statements: readonly string[]): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}

const quoted = (text: string) => `'${text.replaceAll("'", "''")}'`;
