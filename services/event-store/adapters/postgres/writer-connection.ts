import pg from 'pg';
import { bigintTypes } from '../../../read-store/pool.ts';

export interface WriterConnectionSettings {
  readonly url: string;
  /** A flush that takes longer has an unknown outcome; its connection is dropped. */
  readonly flushTimeoutMs: number;
}

/** The one connection that flushes run on. Opened at first use, and again after it was lost. */
export class WriterConnection {
  readonly #settings: WriterConnectionSettings;
  #opening: Promise<pg.Client> | undefined;
  #opened: pg.Client | undefined;
  #stride = 1n;

  constructor(settings: WriterConnectionSettings) {
    this.#settings = settings;
  }

  /** Distance of neighbouring positions in this log; known once a client was handed out. */
  get stride(): bigint {
    return this.#stride;
  }

  /** The client, when one is open. */
  get opened(): pg.Client | undefined {
    return this.#opened;
  }

  /** Rejects when no connection can be made; the next call tries again. */
  client(): Promise<pg.Client> {
    if (this.#opening === undefined) {
      const opening = this.#open();
      const forget = () => this.#forget(opening);
      opening.then((client) => {
        if (this.#opening === opening) this.#opened = client;
        client.on('error', forget);
      }, forget);
      this.#opening = opening;
    }
    return this.#opening;
  }

  /** Cuts the connection without waiting for the server. */
  drop(): void {
    const opening = this.#opening;
    this.#opening = undefined;
    this.#opened = undefined;
    opening?.then(cut, () => undefined);
  }

  async #open(): Promise<pg.Client> {
    const { url, flushTimeoutMs } = this.#settings;
    const client = new pg.Client({
      connectionString: url,
      application_name: 'tallyroot event store',
      connectionTimeoutMillis: flushTimeoutMs,
      query_timeout: flushTimeoutMs,
      keepAlive: true,
      // An answer means durable, whatever the database's default is.
      options: '-c synchronous_commit=on -c default_transaction_isolation=read\\ committed',
      types: bigintTypes,
    });
    client.on('error', () => undefined); // Whoever waits for an answer learns of it; an idle connection is replaced at next use.
    await client.connect();
    try {
      const { rows } = await client.query<{ stride: number }>('select stride from event_store.event_log_head');
      this.#stride = BigInt(rows[0]?.stride ?? 1);
    } catch (error) {
      cut(client);
      throw error;
    }
    return client;
  }

  #forget(opening: Promise<pg.Client>): void {
    if (this.#opening !== opening) return;
    this.#opening = undefined;
    this.#opened = undefined;
  }
}

function cut(client: pg.Client): void {
  client.connection.stream.destroy();
  client.end().catch(() => undefined);
}
