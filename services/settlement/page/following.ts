/// <reference lib="dom" />

/** Between two looks while the stream is not to be had: it begins so and doubles up to the most. */
const waitMsMin = 2_000;
const waitMsMax = 30_000;

export interface FollowingOptions<News> {
  /** Of the server-sent events; made anew at each connection, since by then more may be known of the payment. */
  readonly stream: () => string;
  /** Asks once, for as long as there is no stream. */
  readonly look: () => Promise<News>;
  readonly told: (news: News) => void;
  readonly sources?: (url: string) => EventSource;
  readonly wait?: (ms: number, then: () => void) => () => void;
}

/**
 * Follows the state of a checkout. It comes by server-sent events; where those are refused (too many followers) or cut off on the way, the page asks
 * by itself, less and less often, and tries the stream again each time. Nobody is told of that: what is known of the payment stays true.
 */
export class Following<News> {
  readonly #options: FollowingOptions<News>;
  #events: EventSource | undefined;
  #cancel: (() => void) | undefined;
  #waitMs = waitMsMin;
  #isStopped = false;

  constructor(options: FollowingOptions<News>) {
    this.#options = options;
    this.#connect();
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancel?.();
    this.#events?.close();
  }

  #connect(): void {
    const { stream, told, sources = (url) => new EventSource(url) } = this.#options;
    const events = sources(stream());
    this.#events = events;
    events.addEventListener('checkout', ({ data }) => {
      this.#waitMs = waitMsMin;
      told(JSON.parse(data as string) as News);
    });
    // A browser connects again by itself only after some failures, and never says which: so it is done here for all of them.
    events.addEventListener('error', () => {
      events.close();
      if (!this.#isStopped) this.#later();
    });
  }

  #later(): void {
    const { wait = afterTimeout } = this.#options;
    this.#cancel = wait(this.#waitMs, () => void this.#lookAndConnect());
    this.#waitMs = Math.min(this.#waitMs * 2, waitMsMax);
  }

  async #lookAndConnect(): Promise<void> {
    try {
      const news = await this.#options.look();
      if (!this.#isStopped) this.#options.told(news);
    } catch {
      // The service is away, or has answered enough for now: the next look is later.
    }
    if (!this.#isStopped) this.#connect();
  }
}

function afterTimeout(ms: number, then: () => void): () => void {
  const timer = setTimeout(then, ms);
  return () => clearTimeout(timer);
}
