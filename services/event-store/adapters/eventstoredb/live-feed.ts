import { setTimeout as sleep } from 'node:timers/promises';
import { type AllStreamResolvedEvent, type AllStreamSubscription, START } from '@eventstore/db-client';
import type { Head, StoredEvent } from '../../domain/event-store.ts';
import { PositionBeyondHeadFault } from '../../domain/faults.ts';
import type { Client } from './client.ts';
import { isLedgerRecord, positionOf, storedOf } from './event-codec.ts';
import { isLiveDrop } from './eventstoredb-failure.ts';

export interface LiveFeedOptions {
  readonly client: Client;
  readonly head: () => Promise<Head>;
  /** Begins, or begins anew, behind a position: what is known of the log from there on may not be so any more. */
  readonly begun: (position: bigint) => void;
  /** All ledger events that follow a position, in order. */
  readonly received: (after: bigint, events: readonly StoredEvent[]) => void;
  /** The connection is lost. */
  readonly lost: () => void;
  /** The server dropped this reader. */
  readonly dropped: () => void;
}

const retryDelayMsMin = 50;
const retryDelayMsMax = 5000;

type End = 'dropped' | 'lost';

/**
 * Follows the end of the log by one subscription of the client, for all readers of the process. It hands on what it receives at once and
 * keeps nothing, so nothing runs ahead of it.
 *
 * It asks for no filter: so the server sends no checkpoints, which come ahead of the events before them (D5) and whose callback can
 * silence a subscription for good (D6). The place to go on from is the last event that arrived.
 *
 * The server drops a live reader that lags by some thirty events. That is normal traffic: it subscribes again at once behind the last
 * event, and waits only when nothing got through since the last time.
 */
export class LiveFeed {
  readonly #options: LiveFeedOptions;
  readonly #abort = new AbortController();
  readonly #running: Promise<void>;
  #isLive = false;
  #fault: Error | undefined;
  #storeId: string | undefined;
  /** Everything up to here was handed on, or lies before the begin. */
  #handedOn = 0n;
  #cursor = 0n;
  #burst: StoredEvent[] = [];
  #handOnSoon: NodeJS.Immediate | undefined;
  /** Records of any kind since the last subscribe. */
  #arrived = 0;

  constructor(options: LiveFeedOptions) {
    this.#options = options;
    this.#running = this.#run();
  }

  /** Whether every new event comes by this feed. */
  get isLive(): boolean {
    return this.#isLive;
  }

  get position(): bigint {
    return this.#handedOn;
  }

  /** What ended it for good: the log is not the one that it was. */
  get fault(): Error | undefined {
    return this.#fault;
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    let delayMs = retryDelayMsMin;
    let end: End = 'lost';
    while (!this.#abort.signal.aborted && this.#fault === undefined) {
      this.#arrived = 0;
      try {
        if (end === 'lost') await this.#begin();
        end = await this.#follow();
      } catch {
        end = 'lost'; // The head could not be read; whoever reads meets the same.
      }
      this.#isLive = false;
      if (this.#abort.signal.aborted) return;
      if (end === 'lost') this.#options.lost();
      else this.#options.dropped();
      if (this.#arrived > 0) delayMs = retryDelayMsMin;
      if (end === 'dropped' && this.#arrived > 0) continue;
      await this.#pause(delayMs * (0.5 + Math.random() / 2));
      delayMs = Math.min(2 * delayMs, retryDelayMsMax);
    }
  }

  /** Finds the place to begin at, or looks after a lost connection whether the log is still the same. */
  async #begin(): Promise<void> {
    const { position, storeId } = await this.#options.head();
    if (this.#storeId !== undefined && this.#storeId !== storeId) {
      this.#fault = new PositionBeyondHeadFault(`The log of store ${this.#storeId} is gone: this is store ${storeId}.`);
      return;
    }
    const isSetBack = position < this.#cursor;
    if (this.#storeId === undefined || isSetBack) this.#cursor = position;
    this.#storeId = storeId;
    this.#handedOn = this.#cursor;
    this.#options.begun(this.#cursor);
  }

  /** Hands on what arrives until the subscription ends. */
  #follow(): Promise<End> {
    if (this.#fault !== undefined || this.#abort.signal.aborted) return Promise.resolve('lost');
    const position = this.#cursor;
    const subscription = this.#options.client.subscribeToAll({
      fromPosition: position === 0n ? START : { commit: position, prepare: position },
      requiresLeader: true,
    });
    return new Promise<End>((resolve) => {
      const { signal } = this.#abort;
      const ended = (end: End) => {
        signal.removeEventListener('abort', aborted);
        subscription.removeListener('data', arrived);
        this.#handOn();
        void leave(subscription);
        resolve(end);
      };
      const aborted = () => ended('lost');
      const arrived = (resolved: AllStreamResolvedEvent) => this.#take(resolved);
      signal.addEventListener('abort', aborted);
      subscription.on('confirmation', () => (this.#isLive = true));
      subscription.on('data', arrived);
      // Stays on: an error that comes after the end would end the process.
      subscription.on('error', (error) => ended(isLiveDrop(error) ? 'dropped' : 'lost'));
      subscription.on('end', () => ended('lost'));
      subscription.on('close', () => ended('lost'));
    });
  }

  #take({ event }: AllStreamResolvedEvent): void {
    this.#arrived++;
    if (event === undefined || !isLedgerRecord(event)) return;
    this.#cursor = positionOf(event);
    this.#burst.push(storedOf(event));
    // What arrives in one turn is handed on together.
    this.#handOnSoon ??= setImmediate(() => this.#handOn());
  }

  #handOn(): void {
    clearImmediate(this.#handOnSoon);
    this.#handOnSoon = undefined;
    if (this.#burst.length === 0) return;
    const [after, events] = [this.#handedOn, this.#burst];
    this.#burst = [];
    this.#handedOn = this.#cursor;
    this.#options.received(after, events);
  }

  async #pause(milliseconds: number): Promise<void> {
    await sleep(milliseconds, undefined, { signal: this.#abort.signal }).catch(() => undefined);
  }
}

async function leave(subscription: AllStreamSubscription): Promise<void> {
  await subscription.unsubscribe().catch(() => undefined); // It never began.
  subscription.destroy();
}
