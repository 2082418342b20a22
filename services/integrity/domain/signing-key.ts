/** An Ed25519 key that this process may sign with. The private half never leaves the object. */
export interface SigningKey {
  /** The raw 32 bytes of the public half. */
  readonly publicKey: Uint8Array;
  /** 64 bytes; the same for the same message, for ever (RFC 8032). */
  sign(message: string): Buffer;
}

/**
 * What a key of a log is for (integrity reference, section 6): `log` signs tree heads, `receipts` promises and answers, `recovery` changes
 * of keys and policy.
 */
export type KeyRole = 'log' | 'receipts' | 'recovery';
