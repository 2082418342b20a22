/** Something that was ordered, and neither done nor failed as far as this was read. */
export interface OpenDispatch {
  readonly provider: string;
  /** Of the dispatch within the provider. */
  readonly id: string;
}

/** Finds work. What is decided is decided by the streams: a dispatch that is told too late, or twice, does no harm. */
export interface OpenDispatches {
  /** The oldest first, and of no provider so many that they keep those of another one. */
  on(chainId: string): Promise<readonly OpenDispatch[]>;
}
