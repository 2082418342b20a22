/** A signed promise that an event is in the log (docs/reference/log-format.md, receipts). */
export interface Receipt {
  /** Canonical promise, base64. */
  readonly promise: string;
  readonly index: string;
  readonly count: string;
  readonly path: readonly string[];
  /** Signed note over the root of this flush's promises. */
  readonly note: string;
}

export interface PromisedEvent {
  readonly provider: string;
  /** Of the log that the event is a leaf of. */
  readonly origin: string;
  readonly id: string;
  readonly stream: string;
  readonly revision: bigint;
  /** Leaf hash, hex. */
  readonly leaf: string;
  /** The leaf's own time. */
  readonly at: string;
}

/** Signs for events that are durable, from their stored bytes. */
export interface ReceiptIssuer {
  issue(event: PromisedEvent): Promise<Receipt>;
}

/** Which log a provider's events belong to: the origin is part of every leaf. */
export interface LogOrigins {
  /**
   * Of the log that is written to, or of the one that an event at this position is a leaf of: a log may go on with another one. Throws
   * `ProviderUnknownFault` for a provider without a log.
   */
  originOf(provider: string, position?: bigint): Promise<string>;
}
