import type { Head, StoredEvent } from '../../domain/event-store.ts';
import { CommitSignal } from '../commit-signal.ts';
import type { LogPages } from '../paging-subscription.ts';
import { RecentPages } from '../recent-pages.ts';
import type { Client } from './client.ts';
import { LiveFeed } from './live-feed.ts';

export interface FollowedPagesOptions {
  readonly client: Client;
  /** Reads from the server. */
  readonly source: LogPages;
  readonly dropped: () => void;
}

/**
 * The log as subscriptions read it: far from its end by pages from the server, near it from what the one live feed of the process has
 * brought. So an event is fetched and decoded once for all that follow, and a slow reader is never one that the server waits for.
 */
export class FollowedPages implements LogPages {
  /** Wakes readers that wait at the end of the log. */
  readonly signal = new CommitSignal();
  readonly #source: LogPages;
  readonly #recent: RecentPages;
  readonly #feed: LiveFeed;

  constructor({ client, source, dropped }: FollowedPagesOptions) {
    this.#source = source;
    const recent = new RecentPages(source);
    this.#recent = recent;
    this.#feed = new LiveFeed({
      client,
      head: () => source.head(),
      begun: (position) => recent.clear(position),
      received: (after, events) => {
        recent.keep(after, events);
        this.signal.notify();
      },
      lost: () => {
        recent.clear();
        this.signal.notify(); // So that they try to read, and find out.
      },
      dropped,
    });
  }

  /** Whether the log has become another one: then nothing more is read here. */
  get isOver(): boolean {
    return this.#feed.fault !== undefined;
  }

  head(): Promise<Head> {
    return this.#source.head();
  }

  async pageAfter(position: bigint, limit: number): Promise<readonly StoredEvent[]> {
    if (this.#feed.fault !== undefined) throw this.#feed.fault;
    if (this.#feed.isLive && position === this.#feed.position) return [];
    return this.#recent.pageAfter(position, limit);
  }

  stop(): Promise<void> {
    return this.#feed.stop();
  }
}
