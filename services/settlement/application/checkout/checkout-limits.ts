/** What may be asked for by the links of checkouts, which anybody may hold. All of it is for one process. */
export interface CheckoutLimits {
  /** Payers that are told by server-sent events at the same time. */
  readonly followersMax: number;
  /** The same at one checkout. */
  readonly followersPerLinkMax: number;
  /** Questions of one kind by one link in a minute that a node has to answer; those that are dear count for several. */
  readonly asksPerMinute: number;
  /** Calls in a minute to the nodes of one chain, for all links together. The watcher and the sender have nodes of their own. */
  readonly nodeCallsPerMinute: number;
}

export const checkoutLimitsDefault: CheckoutLimits = {
  followersMax: 500,
  followersPerLinkMax: 8,
  asksPerMinute: 90,
  nodeCallsPerMinute: 6_000,
};

/** A link, or all of them together, asked for more than may be. Nothing was done. */
export class TooManyAsksFault extends Error {
  override readonly name = 'TooManyAsksFault';
  readonly retryable = true;
  /** Whole seconds, at least one. */
  readonly retryAfterSeconds: number;

  constructor(message: string, waitMs: number) {
    super(message);
    this.retryAfterSeconds = Math.max(1, Math.ceil(waitMs / 1000));
  }
}
