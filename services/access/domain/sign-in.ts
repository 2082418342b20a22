/** What a wallet is asked to sign so that we know whose it is. */
export interface SignIn {
  /** Host of the page, with its port: a wallet shows it, and warns where it stands on another one. */
  readonly domain: string;
  /** 0x and 40 lower-case hex. */
  readonly address: string;
  /** Of the page. */
  readonly uri: string;
  /** Decimal. */
  readonly chainId: string;
  readonly nonce: string;
  /** ISO text, both. */
  readonly issuedAt: string;
  readonly expiresAt: string;
}
