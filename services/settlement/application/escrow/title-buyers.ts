/** Finds the accounts that may watch a title. It only finds them: what each has bought stands in its own stream. A read model implements it. */
export interface TitleBuyers {
  /** By everything that is in the log when it is asked. */
  accountsOf(provider: string, title: string): Promise<readonly string[]>;
}

/** Nest injection token of the port. */
export const TITLE_BUYERS = Symbol('TitleBuyers');
