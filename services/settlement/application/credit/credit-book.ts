/** A token of prepaid credit, as its factory made it. */
export interface BookedCredit {
  readonly provider: string;
  readonly chainId: string;
  readonly contract: string;
  readonly currency: string;
  readonly decimals: number;
}

/** A change of the supply that was seen and may still go. */
export interface PendingCredit {
  /** What follows `settlement-` in the name of the stream. */
  readonly settlement: string;
  /** Above zero for what was given out, below for what was taken. */
  readonly units: bigint;
  readonly block: { readonly number: bigint; readonly hash: string };
}

/**
 * What the books say of the supply of one token, all as of one position of the log. At a head, by block hash, the contract's supply is `final`
 * and those of `pending` up to that head together; and the sum of `final` over the provider's tokens of one currency is `owed`.
 */
export interface BookedSupply {
  /** In units of the token. */
  readonly final: bigint;
  /** In the order of the chain. */
  readonly pending: readonly PendingCredit[];
  /** What is owed as `liability:credit` in the currency of the token: each account's, and what is nobody's. */
  readonly owed: string;
  readonly asOfPosition: bigint;
}

/** Credit of a holder that can be burnt by anybody. */
export interface ExpiredCredit extends BookedCredit {
  readonly holder: string;
  /** The last month of it. */
  readonly epoch: number;
}

/** What the ledger knows of prepaid credit over all providers: for comparisons with chains, and to find work. */
export interface CreditBook {
  tokens(): Promise<readonly BookedCredit[]>;
  supplyOf(token: BookedCredit): Promise<BookedSupply>;
  /** Final in the books, over and behind its grace at that time, and not burnt. */
  expired(provider: string, now: string): Promise<readonly ExpiredCredit[]>;
}

export const CREDIT_BOOK = Symbol('CreditBook');
