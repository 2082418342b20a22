/** An incarnation of a provider's log that another one goes on with. */
export interface EndedIncarnation {
  readonly slug: string;
  /** From 1. */
  readonly number: number;
  /** So many of its leaves are gone on with. */
  readonly size: bigint;
}

/** Which incarnation the rows that are kept under a slug are of. */
export interface IncarnationStore {
  /** How many incarnations of the provider's log were set aside. */
  setAsideCount(slug: string): Promise<number>;
  /**
   * Puts all that is kept under the slug under the key of the incarnation that ended, in one transaction. Does nothing for one that was set
   * aside before, so that it is safe to repeat.
   */
  setAside(ended: EndedIncarnation): Promise<void>;
}
