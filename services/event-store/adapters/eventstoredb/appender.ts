import type { AppendResult } from '@eventstore/db-client';
import type { AppendRequest } from '../../domain/event-store.ts';
import { StoreUnavailableFault, UnknownOutcomeFault } from '../../domain/faults.ts';
import { AppendGate, type GateLimits } from './append-gate.ts';
import { type Client, closeClient, internalsOf, openClient, type ServerFeatures } from './client.ts';
import { proposedToClient } from './event-codec.ts';
import { appendFailure, isPoisoned, mayBeStuck } from './eventstoredb-failure.ts';
import { guardBatchStream } from './guard-batch-stream.ts';

export interface AppenderSettings {
  /** An append that takes longer has an unknown outcome (D3). The server gives up after 2 s by itself. */
  readonly appendTimeoutMs: number;
  readonly gate: GateLimits;
}

/**
 * How long the server may take, by the client's clock and as a point in time: so a clock that is behind by as much makes every append
 * time out (D9). The server never waits longer than its own limit, and our timer runs here, so this is only a day of tolerance.
 */
export const serverDeadlineMs = 86_400_000;

/** So many appends in a row without an answer, and the connection is taken for stuck (D4). */
const unansweredMax = 2;
const batchAppend = { path: '/event_store.client.streams.Streams/BatchAppend' };

/**
 * The client that appends: a bounded number at a time, each with a timer of ours. It sends every request once; what got no answer is
 * `UnknownOutcomeFault`, and the caller sends the same again.
 */
export class Appender {
  readonly #url: string;
  readonly #settings: AppenderSettings;
  readonly #gate: AppendGate;
  #client: Client;
  #unanswered = 0;
  /** Settles when the client that got stuck is gone, before the next one is used: one client's end rejects what waits on all (D1). */
  #replacing: Promise<void> | undefined;
  #replaced = 0;
  #isClosed = false;

  constructor(url: string, settings: AppenderSettings) {
    this.#url = url;
    this.#settings = settings;
    this.#gate = new AppendGate(settings.gate);
    this.#client = this.#open();
  }

  /** How often a new client took the place of one that had got stuck. */
  get replaced(): number {
    return this.#replaced;
  }

  append(request: AppendRequest, bytes: number): Promise<AppendResult> {
    return this.#gate.run(bytes, () => this.#send(request));
  }

  /** What the server can do, asked once per connection. Throws `StoreUnavailableFault`. */
  async features(): Promise<ServerFeatures> {
    await this.#replacing;
    const client = this.#client;
    try {
      const features = await this.#timed(internalsOf(client).capabilities);
      if (!features.supports(batchAppend))
        throw new Error(`version ${features.serverVersion} takes no batches; 22.6 is the oldest that will do`);
      return features;
    } catch (error) {
      this.#replace(client);
      throw new StoreUnavailableFault(
        `The event store does not say what it can do: ${error instanceof Error ? error.message : String(error)}.`,
        { cause: error },
      );
    }
  }

  /** Ends what waits as unknown. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#gate.clear(new UnknownOutcomeFault('The event store was disposed of.'));
    await this.#replacing;
    await closeClient(this.#client);
  }

  async #send(request: AppendRequest): Promise<AppendResult> {
    if (this.#replacing !== undefined) await this.#replacing;
    if (this.#isClosed) throw new UnknownOutcomeFault('The event store was disposed of.');
    const client = this.#client;
    try {
      const sent = client.appendToStream(request.stream, request.events.map(proposedToClient), {
        expectedRevision: request.expected,
        deadline: serverDeadlineMs,
        requiresLeader: true,
      });
      const answer = await this.#timed(sent);
      this.#unanswered = 0;
      return answer;
    } catch (error) {
      this.#notice(client, error);
      throw appendFailure(error, request);
    }
  }

  /** Counts what got no answer, and replaces a client that seems stuck. What was sent over an earlier client says nothing of this one. */
  #notice(client: Client, error: unknown): void {
    if (client !== this.#client) return;
    if (error instanceof NoAnswerInTime || mayBeStuck(error)) this.#unanswered++;
    else this.#unanswered = 0;
    if (isPoisoned(error) || this.#unanswered >= unansweredMax) this.#replace(client);
  }

  #replace(client: Client): void {
    if (client !== this.#client || this.#replacing !== undefined || this.#isClosed) return;
    this.#unanswered = 0;
    this.#replaced++;
    this.#replacing = closeClient(client).then(() => {
      this.#client = this.#open();
      this.#replacing = undefined;
    });
  }

  #open(): Client {
    const client = openClient(this.#url, 'tallyroot appends');
    guardBatchStream(client);
    return client;
  }

  #timed<Result>(work: Promise<Result>): Promise<Result> {
    const { appendTimeoutMs } = this.#settings;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new NoAnswerInTime(appendTimeoutMs)), appendTimeoutMs);
      work.then(resolve, reject).finally(() => clearTimeout(timer));
    });
  }
}

class NoAnswerInTime extends Error {
  override readonly name = 'NoAnswerInTime';

  constructor(milliseconds: number) {
    super(`no answer within ${milliseconds} ms`);
  }
}
