/** What the tokens of a chain say of themselves. */
export interface TokenScales {
  /**
   * Decimals of a token, by its own word, where as many nodes say so as have to agree; undefined for one that does not say it, and for a chain that is not
   * configured. Throws `ChainUnavailableFault` where too few nodes answer, or they contradict each other.
   */
  decimalsOf(chainId: string, token: string): Promise<number | undefined>;
}

/** Nest injection token of the port. */
export const TOKEN_SCALES = Symbol('TokenScales');
