import { setTimeout as sleep } from 'node:timers/promises';
import { EventStoreDBClient, jsonEvent } from '@eventstore/db-client';
import pg from 'pg';
import type { EventStore } from '../../services/event-store/domain/event-store.ts';
import { bigintTypes } from '../../services/read-store/pool.ts';
import type { DoubleProcess } from '../eventstoredb-double/double-process.ts';
import { LogFile } from '../eventstoredb-double/log-file.ts';
import { WireRecord } from '../eventstoredb-double/wire-event.ts';

/** What of a stored event can be forged. */
export interface StoredFields {
  readonly stream: string;
  readonly revision: bigint;
  readonly id: string;
  readonly type: string;
  readonly data: string;
  readonly metadata: string;
}

/** Somebody who has access to the event store itself, behind the ledger's back. */
export interface Intruder {
  /** Changes the event at a position where it lies. Answers what puts it back. */
  forge(position: bigint, change: (event: StoredFields) => Partial<StoredFields>): Promise<() => Promise<void>>;
  /** Begins a stream with an event that the port would refuse. */
  append(event: { readonly stream: string; readonly type: string; readonly data: object }): Promise<void>;
  leave(): Promise<void>;
}

/** As the owner of the tables, past the trigger that guards them. */
export async function postgresIntruder(ownerUrl: string): Promise<Intruder> {
  const client = new pg.Client({ connectionString: ownerUrl, types: bigintTypes });
  await client.connect();
  const write = async (position: bigint, { stream, revision, id, type, data, metadata }: StoredFields) => {
    await client.query('alter table event_store.event_log disable trigger user');
    await client.query(
      'update event_store.event_log set stream = $2, revision = $3, event_id = $4, event_type = $5, data = $6, metadata = $7 where position = $1',
      [position, stream, revision, id, type, data, metadata],
    );
    await client.query('alter table event_store.event_log enable trigger user');
  };
  return {
    async forge(position, change) {
      const { rows } = await client.query<StoredFields>(
        'select stream, revision, event_id as id, event_type as type, data, metadata from event_store.event_log where position = $1',
        [position],
      );
      const [event] = rows;
      if (event === undefined) throw new Error(`There is no event at ${position}.`);
      await write(position, { ...event, ...change(event) });
      return () => write(position, event);
    },
    async append({ stream, type, data }) {
      await client.query(
        `select * from event_store.append_events(array[$1], array[-1]::bigint[], array[1],
           array[gen_random_uuid()], array[$2], array[$3], array[null]::text[])`,
        [stream, type, JSON.stringify(data)],
      );
    },
    leave: () => client.end(),
  };
}

/** Exchanges the file of a stopped server: nothing else changes an event there. `server` keeps its log in `file`. */
export function eventStoreDBIntruder({ server, file, store }: { server: DoubleProcess; file: string; store: EventStore }): Intruder {
  const exchange = async (position: bigint, forged: (record: WireRecord) => WireRecord): Promise<WireRecord> => {
    await server.kill();
    const log = LogFile.open(file);
    const genuine = log.records.find((record) => record.position === position);
    if (genuine === undefined) throw new Error(`There is no event at ${position}.`);
    log.file.replace(log.records.map((record) => (record === genuine ? forged(record) : record)));
    await log.file.close();
    await server.restart();
    await untilReady(store);
    return genuine;
  };
  return {
    async forge(position, change) {
      const genuine = await exchange(position, (record) => {
        const { stream, revision, id, type } = record;
        const [data, metadata] = [Buffer.from(record.data).toString(), Buffer.from(record.metadata).toString()];
        const genuine = { stream, revision, id, type, data, metadata };
        const forged = { ...genuine, ...change(genuine) };
        const event = { ...forged, isJson: true, data: Buffer.from(forged.data), metadata: Buffer.from(forged.metadata) };
        return new WireRecord(event, { ...forged, position, createdAtMs: record.createdAtMs });
      });
      return async () => {
        await exchange(position, () => genuine);
      };
    },
    async append({ stream, type, data }) {
      const client = EventStoreDBClient.connectionString(server.connectionString);
      await client.appendToStream(stream, jsonEvent({ type, data: { ...data } }), { expectedRevision: 'no_stream' });
      await client.dispose();
    },
    leave: async () => undefined,
  };
}

/** A client finds out only with its next call that the server was away. */
async function untilReady(store: EventStore): Promise<void> {
  for (const end = performance.now() + 60_000; ; await sleep(50)) {
    try {
      return await store.ready();
    } catch (error) {
      if (performance.now() > end) throw error;
    }
  }
}
