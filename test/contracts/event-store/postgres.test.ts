import { afterAll } from '@jest/globals';
import pg from 'pg';
import { PostgresEventStore } from '../../../services/event-store/adapters/postgres/postgres.event-store.ts';
import { freshDatabase, type TestDatabase } from '../../support/postgres.ts';
import { describeAppend } from './append.contract.ts';
import type { Engine } from './engine.ts';
import { describeReads } from './reads.contract.ts';
import { describeShapes } from './shapes.contract.ts';
import { describeSubscriptions } from './subscriptions.contract.ts';

let database: TestDatabase | undefined;
afterAll(() => database?.drop());

const engine: Engine = {
  name: 'postgres',
  async open() {
    database ??= await freshDatabase();
    await emptyLog(database.ownerUrl, 1 + Math.floor(Math.random() * 5) * 2 + 1);
    const store = new PostgresEventStore({ url: database.serviceUrl, pollMs: 50 });
    const second = new PostgresEventStore({ url: database.serviceUrl, pollMs: 50 });
    const close = async () => {
      await Promise.all([store.dispose(), second.dispose()]);
    };
    return { store, second, close };
  },
};

/** Only its owner can empty a log, and only by taking the trigger away. Quicker than a database for each of a hundred tests. */
async function emptyLog(url: string, stride: number): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(`
    alter table event_store.event_log disable trigger event_log_is_append_only;
    truncate event_store.event_log, event_store.event_stream;
    alter table event_store.event_log enable trigger event_log_is_append_only;
    update event_store.event_log_head set position_last = 0, stride = ${stride}, store_id = gen_random_uuid();
  `);
  await client.end();
}

describeAppend(engine);
describeShapes(engine);
describeReads(engine);
describeSubscriptions(engine);
