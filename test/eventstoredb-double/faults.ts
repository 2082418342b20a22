/** Where the client is sent by a node that does not lead. */
export interface Leader {
  readonly host: string;
  readonly port: number;
}

/**
 * What can happen to one append. `written` says whether the events are in the log all the same: a client can never tell.
 */
export type AppendFault =
  /** Nobody ever answers. */
  | { readonly fault: 'drop_reply'; readonly written: boolean }
  /** Written at once, answered after a while; other answers overtake it. */
  | { readonly fault: 'delay_reply'; readonly ms: number }
  /** Written only after a while, as by a store that stalls. */
  | { readonly fault: 'delay_write'; readonly ms: number }
  /** Answered twice. */
  | { readonly fault: 'duplicate_reply' }
  /** The server ends the batch stream with status OK, or the plain call without an answer. */
  | { readonly fault: 'half_close'; readonly written: boolean }
  /** RST_STREAM on the call. */
  | { readonly fault: 'reset'; readonly written: boolean }
  /** The connection of the call breaks. */
  | { readonly fault: 'disconnect'; readonly written: boolean }
  /** GOAWAY on every connection: open calls go on for a second, new ones need a new connection. */
  | { readonly fault: 'go_away'; readonly written: boolean }
  | { readonly fault: 'timeout'; readonly written: boolean }
  | { readonly fault: 'unknown'; readonly written: boolean }
  | { readonly fault: 'access_denied' }
  | { readonly fault: 'not_ready' }
  | { readonly fault: 'busy' }
  /** Without a leader: an election is going on. */
  | { readonly fault: 'not_leader'; readonly leader: Leader | undefined };

/** What can happen to a read or to the start of a subscription. */
export type ReadFault =
  | { readonly fault: 'not_ready' }
  | { readonly fault: 'busy' }
  | { readonly fault: 'not_leader'; readonly leader: Leader | undefined }
  | { readonly fault: 'access_denied' }
  /** Operation timed out: ABORTED. */
  | { readonly fault: 'timeout' }
  /** The call ends by RST_STREAM, its connection breaks, or it never answers; each after so many events. */
  | { readonly fault: 'reset'; readonly afterEvents: number }
  | { readonly fault: 'disconnect'; readonly afterEvents: number }
  | { readonly fault: 'stall'; readonly afterEvents: number };

/** What can happen to the look-up of the server's features. */
export interface FeatureFault {
  readonly fault: 'unknown';
}

/** Decides from call to call; undefined lets the call pass. */
type Choice<Fault> = (stream: string) => Fault | undefined;

/** The script of one kind of call: first what is queued, then what a rule chooses. */
export class FaultScript<Fault> {
  readonly #queue: Fault[] = [];
  #rule: Choice<Fault> = () => undefined;
  /** How many calls were hit so far. */
  hits = 0;

  /** The next calls meet this fault. */
  next(fault: Fault, times = 1): void {
    for (let time = 0; time < times; time++) this.#queue.push(fault);
  }

  /** Every call from now on is put to a rule, for example one that draws lots; undefined ends it. */
  rule(choice: Choice<Fault> | undefined): void {
    this.#rule = choice ?? (() => undefined);
  }

  take(stream: string): Fault | undefined {
    const fault = this.#queue.shift() ?? this.#rule(stream);
    if (fault !== undefined) this.hits++;
    return fault;
  }

  clear(): void {
    this.#queue.length = 0;
    this.rule(undefined);
  }
}
