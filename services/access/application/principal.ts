/** Who an authenticated request comes from. */
export interface Principal {
  /** Of the API key; part of every command id. */
  readonly id: string;
  readonly role: Role;
  /** The tenant of the key; empty for the operator, who has none. */
  readonly provider: string;
  /** Of a customer's key alone. */
  readonly account?: string;
}

/**
 * A provider works on its own books. The operator of the installation registers providers and sees no books. A customer sees what is held of
 * it in one account. An auditor reads the log of one provider with everything that its leaves commit to, and writes nothing.
 */
export type Role = 'provider' | 'operator' | 'customer' | 'auditor';

/** Whether something of an account is there for a principal: for a customer, what belongs to another account is not. */
export function reaches({ account: own }: Principal, account: string): boolean {
  return own === undefined || own === account;
}
