/** Which accounts a provider has, straight from their own streams. */
export interface AccountDirectory {
  has(provider: string, account: string): Promise<boolean>;
}

export const ACCOUNT_DIRECTORY = Symbol('AccountDirectory');
