/**
 * Chart of accounts by pattern (DESIGN 4.2). The first word is the account type and tells the natural side of a balance: assets and
 * expenses are debit balances, liabilities, revenue and equity credit balances.
 */
export const ledgerAccount = {
  /** What the provider owes a prepaid customer until it is consumed. */
  wallet: (account: string, bucket = 'money') => `liability:wallet:${account}:${bucket}`,
  /** Charged, not yet invoiced. */
  unbilled: (account: string) => `asset:unbilled:${account}`,
  /** Invoiced, not yet paid. */
  receivable: (account: string) => `asset:receivable:${account}`,
  cash: (method: string) => `asset:cash:${method}`,
  revenue: (product: string) => `revenue:${product}`,
  /** What rounding an invoice to payable units gained or lost. */
  rounding: 'equity:rounding',
} as const;
