import type { Readable } from 'node:stream';
import { isConnectionLost } from './eventstoredb-failure.ts';

/** What the client's reads are; its own type is a `Readable` with narrower events. */
interface Reading<Resolved> {
  on(event: 'error', listener: (error: Error) => void): unknown;
  iterator: Readable['iterator'];
  resume(): unknown;
  destroy(error: Error): unknown;
  [Symbol.asyncIterator](): AsyncIterator<Resolved>;
}

/** The reads of one client that are under way. */
export class ClientReads {
  readonly #open = new Set<Reading<unknown>>();
  #fault: Error | undefined;

  /**
   * The records of a read, which must be bounded: a reader that leaves early lets the rest run out. To cancel it would leave the call open
   * unless it is done by hand, and a server takes many cancelled calls for an attack and cuts the connection.
   */
  async *recordsOf<RecordType>(read: () => Reading<{ readonly event?: RecordType }>): AsyncGenerator<RecordType> {
    let isBegun = false;
    for (let isRepeated = false; ; isRepeated = true) {
      try {
        for await (const record of this.#recordsOnce(read)) {
          isBegun = true;
          yield record;
        }
        return;
      } catch (error) {
        // A connection that broke since the last call shows only now, and the next call makes another.
        if (isBegun || isRepeated || !isConnectionLost(error)) throw error;
      }
    }
  }

  async *#recordsOnce<RecordType>(read: () => Reading<{ readonly event?: RecordType }>): AsyncGenerator<RecordType> {
    if (this.#fault !== undefined) throw this.#fault;
    const reading = read();
    reading.on('error', () => undefined); // One that comes after the reader left would end the process.
    this.#open.add(reading);
    try {
      const resolved = reading.iterator({ destroyOnReturn: false }) as AsyncIterable<{ readonly event?: RecordType }>;
      for await (const { event } of resolved) if (event !== undefined) yield event;
    } finally {
      this.#open.delete(reading);
      reading.resume();
    }
  }

  /** Ends all of them with a fault, and those to come. The client's own end would leave their readers waiting. */
  end(fault: Error): void {
    this.#fault = fault;
    for (const reading of this.#open) reading.destroy(fault);
  }
}
