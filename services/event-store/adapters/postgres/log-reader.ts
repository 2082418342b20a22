import type pg from 'pg';
import type { Head, ReadAllOptions, ReadStreamOptions, StoredEvent } from '../../domain/event-store.ts';
import { passes } from '../../domain/event-filter.ts';
import { StoreFault, StreamDeletedFault, StreamNotFoundFault } from '../../domain/faults.ts';
import { unavailable } from './postgres-failure.ts';

const pageSize = 1000;
/** The moment as seconds with a fraction: a double holds microseconds for centuries, and a date as text takes ten times as long to read. */
const columns = `event_id, stream, revision, position, event_type, data, metadata, date_part('epoch', created_at) as created_at`;

/** In the order of `columns`: rows are read as arrays, which a reader of millions of them notices. */
type EventRow = [
  id: string,
  stream: string,
  revision: bigint,
  position: bigint,
  type: string,
  data: string,
  metadata: string | null,
  createdAtSeconds: number,
];

type StreamRow = [head: bigint, sealed: boolean, ...event: EventRow | null[]];

/** Reads committed events in pages. Every page is a query of its own: a reader that stops early leaves nothing open. */
export class LogReader {
  readonly #pool: pg.Pool;

  constructor(pool: pg.Pool) {
    this.#pool = pool;
  }

  async head(): Promise<Head> {
    const text = 'select position_last, store_id from event_store.event_log_head';
    const [row] = await this.#query<[position: bigint, storeId: string]>('head', text, []);
    if (row === undefined) throw unavailable('the head row is missing');
    const [position, storeId] = row;
    return { position, storeId };
  }

  async pageAfter(position: bigint, limit: number): Promise<readonly StoredEvent[]> {
    const text = `select ${columns} from event_store.event_log where position > $1 order by position limit $2`;
    return (await this.#query<EventRow>('page_after', text, [position, limit])).map(eventOf);
  }

  async *readAll({ direction = 'forwards', fromPosition = 0n, maxCount = Infinity, filter }: ReadAllOptions): AsyncIterable<StoredEvent> {
    const forwards = direction === 'forwards';
    let cursor = forwards ? fromPosition - 1n : (await this.head()).position + 1n;
    let count = 0;
    for (;;) {
      const limit = filter === undefined ? Math.min(pageSize, maxCount - count) : pageSize;
      const page = forwards ? await this.pageAfter(cursor, limit) : await this.#pageBefore(cursor, limit);
      for (const event of page) {
        if (!passes(filter, event)) continue;
        if (count === maxCount) return;
        count++;
        yield event;
      }
      const last = page.at(-1);
      if (last === undefined || page.length < limit || count === maxCount) return;
      cursor = last.position;
    }
  }

  /**
   * Reads a stream and holds it against the stream's own revision: events that are missing inside or at its end were removed behind
   * the port, and `StreamDeletedFault` names them.
   */
  async *readStream(
    stream: string,
    { direction = 'forwards', fromRevision = 0n, maxCount = Infinity }: ReadStreamOptions,
  ): AsyncIterable<StoredEvent> {
    const step = direction === 'forwards' ? 1n : -1n;
    let next = direction === 'forwards' ? fromRevision : undefined;
    let count = 0;
    while (count < maxCount) {
      const limit = Math.min(pageSize, maxCount - count);
      const { events, head } = await this.#streamPage(stream, { step, next, limit });
      next ??= head;
      for (const event of events) {
        if (event.revision !== next) throw missing(stream, next);
        next += step;
        count++;
        yield event;
      }
      if (events.length < limit) {
        if (next >= 0n && next <= head) throw missing(stream, next);
        return;
      }
    }
  }

  async #pageBefore(position: bigint, limit: number): Promise<readonly StoredEvent[]> {
    const text = `select ${columns} from event_store.event_log where position < $1 order by position desc limit $2`;
    return (await this.#query<EventRow>('page_before', text, [position, limit])).map(eventOf);
  }

  /** One page of a stream together with the stream's revision, from one snapshot. */
  async #streamPage(stream: string, { step, next, limit }: { step: bigint; next: bigint | undefined; limit: number }) {
    const forwards = step > 0n;
    const text = `select event_stream.revision as head, event_stream.sealed, page.*
      from event_store.event_stream
      left join lateral (
        select ${columns} from event_store.event_log
          where stream = event_stream.name and revision ${forwards ? '>=' : '<='} coalesce($2, event_stream.revision)
          order by revision ${forwards ? 'asc' : 'desc'}
          limit $3
      ) as page on true
      where event_stream.name = $1`;
    const rows = await this.#query<StreamRow>(forwards ? 'stream_page' : 'stream_page_back', text, [stream, next, limit]);
    const [first] = rows;
    if (first === undefined) throw await this.#absenceOf(stream);
    const [head, sealed, idOfFirst] = first;
    if (sealed) throw new StreamDeletedFault(`Stream ${stream} was sealed behind the port.`);
    return { head, events: idOfFirst === null ? [] : rows.map(([, , ...event]) => eventOf(event as EventRow)) };
  }

  /**
   * A stream that nobody knows is not found; one that left events behind was deleted. One that is there by now was begun since it was asked for.
   */
  async #absenceOf(stream: string): Promise<StoreFault> {
    const text = `select from event_store.event_log
      where stream = $1 and not exists (select from event_store.event_stream where name = $1) limit 1`;
    const rows = await this.#query('stream_remains', text, [stream]);
    if (rows.length === 0) return new StreamNotFoundFault(stream);
    return new StreamDeletedFault(`Stream ${stream} was deleted behind the port, but its events are there.`);
  }

  async #query<Row extends unknown[]>(name: string, text: string, values: unknown[]): Promise<Row[]> {
    try {
      return (await this.#pool.query<Row>({ name, text, values, rowMode: 'array' })).rows;
    } catch (error) {
      throw unavailable(error);
    }
  }
}

function missing(stream: string, revision: bigint): StreamDeletedFault {
  return new StreamDeletedFault(`Revision ${revision} of stream ${stream} was removed behind the port.`);
}

function eventOf([id, stream, revision, position, type, data, metadata, createdAtSeconds]: EventRow): StoredEvent {
  const createdAt = new Date(Math.floor(Math.round(createdAtSeconds * 1e6) / 1000)); // The milliseconds of the exact microseconds.
  return { id, stream, revision, position, type, data, metadata: metadata ?? undefined, createdAt };
}
