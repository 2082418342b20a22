import { type AllStreamRecordedEvent, BACKWARDS, END, FORWARDS, type ReadAllOptions as ClientOptions, START } from '@eventstore/db-client';
import { passes } from '../../domain/event-filter.ts';
import type { Head, ReadAllOptions, StoredEvent } from '../../domain/event-store.ts';
import { PositionBeyondHeadFault, StoreUnavailableFault } from '../../domain/faults.ts';
import type { LogPages } from '../paging-subscription.ts';
import type { Client } from './client.ts';
import type { ClientReads } from './client-reads.ts';
import { isLedgerRecord, positionOf, storedOf } from './event-codec.ts';
import { logFailure } from './eventstoredb-failure.ts';
import { givenStoreId } from './given-store-id.ts';
import { pagesOf } from './pages-of.ts';

/** Reads `$all` without the server's own events, whose stream or type begins with `$`. */
export class LogReader implements LogPages {
  readonly #client: Client;
  readonly #reads: ClientReads;
  /** The last record at the last look for the head, and the last ledger event up to it: a look need not go back further. */
  #looked = { id: '', position: 0n };

  constructor(client: Client, reads: ClientReads) {
    this.#client = client;
    this.#reads = reads;
  }

  async head(): Promise<Head> {
    // A server has written about itself before it takes its first append.
    const first = await this.#one({ direction: FORWARDS, fromPosition: START });
    if (first === undefined) throw new StoreUnavailableFault('The event store is empty: it is not ready yet.');
    return { position: await this.#lastPosition(), storeId: (await givenStoreId(this.#client, this.#reads)) ?? first.id };
  }

  /** When the newest record was written, by the server's clock. */
  async newestAt(): Promise<Date | undefined> {
    return (await this.#one({ direction: BACKWARDS, fromPosition: END }))?.created;
  }

  async pageAfter(position: bigint, limit: number): Promise<readonly StoredEvent[]> {
    const page: StoredEvent[] = [];
    let cursor = position;
    let count: number;
    do {
      count = 0;
      for await (const record of this.#read({ direction: FORWARDS, fromPosition: at(cursor), maxCount: limit + 1 })) {
        count++;
        if (positionOf(record) <= cursor) continue; // Reads forwards include the position that they begin at.
        cursor = positionOf(record);
        if (isLedgerRecord(record) && page.length < limit) page.push(storedOf(record));
      }
      if (count === 0) await this.#assertWithinLog(cursor);
    } while (page.length === 0 && count > limit);
    return page;
  }

  async *readAll({ direction = 'forwards', fromPosition = 0n, maxCount = Infinity, filter }: ReadAllOptions): AsyncGenerator<StoredEvent> {
    if (maxCount <= 0) return;
    const likelyCount = filter === undefined ? maxCount : Infinity;
    const records = direction === 'forwards' ? this.#forwards(fromPosition, likelyCount) : this.#backwards(likelyCount);
    let count = 0;
    for await (const record of records) {
      if (!passes(filter, { stream: record.streamId, type: record.type })) continue;
      yield storedOf(record);
      if (++count >= maxCount) return;
    }
  }

  async #lastPosition(): Promise<bigint> {
    const looked = this.#looked;
    const newest = await this.#one({ direction: BACKWARDS, fromPosition: END });
    if (newest === undefined) return 0n;
    let position = 0n;
    for await (const record of isLedgerRecord(newest) ? [newest] : this.#backwards()) {
      if (record.id === looked.id) position = looked.position;
      else if (isLedgerRecord(record)) position = positionOf(record);
      else continue;
      break;
    }
    this.#looked = { id: newest.id, position };
    return position;
  }

  #forwards(position: bigint, likelyCount: number): AsyncGenerator<AllStreamRecordedEvent> {
    return pagesOf({
      likelyCount,
      read: (size, last?: AllStreamRecordedEvent) =>
        last === undefined
          ? this.#read({ direction: FORWARDS, fromPosition: at(position), maxCount: size })
          : behind(this.#read({ direction: FORWARDS, fromPosition: last.position, maxCount: size + 1 })),
    });
  }

  #backwards(likelyCount = Infinity): AsyncGenerator<AllStreamRecordedEvent> {
    return pagesOf({
      likelyCount,
      read: (size, last?: AllStreamRecordedEvent) =>
        this.#read({ direction: BACKWARDS, fromPosition: last?.position ?? END, maxCount: size }), // Exclusive, other than forwards.
    });
  }

  async #one(options: ClientOptions): Promise<AllStreamRecordedEvent | undefined> {
    for await (const record of this.#read({ ...options, maxCount: 1 })) return record;
    return undefined;
  }

  async *#read(options: ClientOptions & { readonly maxCount: number }): AsyncGenerator<AllStreamRecordedEvent> {
    try {
      yield* this.#reads.recordsOf<AllStreamRecordedEvent>(() => this.#client.readAll({ ...options, requiresLeader: true }));
    } catch (error) {
      throw logFailure(error);
    }
  }

  /** A read from beyond the end is empty, and so would all later ones be, until the log has grown over that position. */
  async #assertWithinLog(position: bigint): Promise<void> {
    const head = await this.head();
    if (position > head.position) throw new PositionBeyondHeadFault(`The reader is at ${position}, but the log ends at ${head.position}.`);
  }
}

/** Without the first record, at which a read forwards begins. */
async function* behind<RecordType>(records: AsyncIterable<RecordType>): AsyncGenerator<RecordType> {
  let isFirst = true;
  for await (const record of records) {
    if (!isFirst) yield record;
    isFirst = false;
  }
}

function at(position: bigint) {
  return position === 0n ? START : { commit: position, prepare: position };
}
