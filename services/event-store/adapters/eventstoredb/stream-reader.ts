import { BACKWARDS, END, FORWARDS, type ReadStreamOptions as ClientOptions, type RecordedEvent } from '@eventstore/db-client';
import type { ReadStreamOptions, StoredEvent } from '../../domain/event-store.ts';
import { StreamDeletedFault, StreamNotFoundFault } from '../../domain/faults.ts';
import type { Client } from './client.ts';
import type { ClientReads } from './client-reads.ts';
import { storedOf } from './event-codec.ts';
import { isAccessDenied, isStreamDeleted, isStreamNotFound, readFailure } from './eventstoredb-failure.ts';
import { pagesOf } from './pages-of.ts';

/** Fields of a stream's metadata that hide events from reads of the stream. The port writes no metadata of streams. */
const hidingFields = ['$tb', '$maxCount', '$maxAge'];

/** Reads streams, and holds each against its own revisions: what was removed behind the port is named, never passed over. */
export class StreamReader {
  readonly #client: Client;
  readonly #reads: ClientReads;

  constructor(client: Client, reads: ClientReads) {
    this.#client = client;
    this.#reads = reads;
  }

  async *readStream(stream: string, options: ReadStreamOptions): AsyncGenerator<StoredEvent> {
    const { direction = 'forwards', fromRevision = 0n, maxCount = Infinity } = options;
    if (maxCount <= 0) return;
    const forwards = direction === 'forwards';
    const records = pagesOf({
      maxCount,
      read: (size, last?: RecordedEvent) => this.#page(stream, { forwards, size, from: last ?? fromRevision }),
    });
    let next = forwards ? fromRevision : undefined;
    let count = 0;
    for await (const record of records) {
      if (next !== undefined && record.revision !== next) throw missing(stream, next);
      next = record.revision + (forwards ? 1n : -1n);
      count++;
      yield storedOf(record);
    }
    if (count === 0) await this.#assertShowsEvents(stream);
    else if (!forwards && count < maxCount && next !== undefined && next >= 0n) throw missing(stream, next);
  }

  /** Begins at a revision, or goes on behind a record; undefined when that is the first one, read backwards. */
  #page(stream: string, { forwards, size: maxCount, from }: { forwards: boolean; size: number; from: bigint | RecordedEvent }) {
    if (forwards) {
      const fromRevision = typeof from === 'bigint' ? from : from.revision + 1n;
      return this.#records(stream, { direction: FORWARDS, fromRevision, maxCount });
    }
    if (typeof from === 'bigint') return this.#records(stream, { direction: BACKWARDS, fromRevision: END, maxCount });
    return from.revision === 0n ? undefined : this.#records(stream, { direction: BACKWARDS, fromRevision: from.revision - 1n, maxCount });
  }

  async *#records(stream: string, options: ClientOptions & { readonly maxCount: number }): AsyncGenerator<RecordedEvent> {
    try {
      yield* this.#reads.recordsOf<RecordedEvent>(() => this.#client.readStream(stream, { ...options, requiresLeader: true }));
    } catch (error) {
      if (isStreamDeleted(error)) throw new StreamDeletedFault(`Stream ${stream} was deleted behind the port.`, { cause: error });
      throw isStreamNotFound(error) ? await this.#absenceOf(stream) : readFailure(error);
    }
  }

  /** The server says of a stream whose events somebody has hidden what it says of one that never was. Its metadata tells. */
  async #absenceOf(stream: string): Promise<Error> {
    const metadata = await this.#metadataOf(stream);
    const isHidden = typeof metadata === 'object' && metadata !== null && hidingFields.some((field) => field in metadata);
    return isHidden ? new StreamDeletedFault(`Stream ${stream} was cut or deleted behind the port.`) : new StreamNotFoundFault(stream);
  }

  async #metadataOf(stream: string): Promise<unknown> {
    const last = { direction: BACKWARDS, fromRevision: END, maxCount: 1, requiresLeader: true } as const;
    try {
      for await (const { data } of this.#reads.recordsOf<RecordedEvent>(() => this.#client.readStream(`$$${stream}`, last))) return data;
      return undefined;
    } catch (error) {
      // A user who must not see metadata learns less, and is told of a stream that is not there.
      if (isStreamNotFound(error) || isStreamDeleted(error) || isAccessDenied(error)) return undefined;
      throw readFailure(error);
    }
  }

  /** Behind the last event of a stream there is nothing to read; but a stream that is there has a last event. */
  async #assertShowsEvents(stream: string): Promise<void> {
    const [last] = await Array.fromAsync(this.#records(stream, { direction: BACKWARDS, fromRevision: END, maxCount: 1 }));
    if (last === undefined) throw new StreamDeletedFault(`Every event of stream ${stream} was hidden behind the port.`);
  }
}

function missing(stream: string, revision: bigint): StreamDeletedFault {
  return new StreamDeletedFault(`Revision ${revision} of stream ${stream} was removed behind the port.`);
}
