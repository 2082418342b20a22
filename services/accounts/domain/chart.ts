/** The bucket of what a customer paid in; a wallet may have others beside it. */
export const moneyBucket = 'money';

/**
 * Chart of accounts by pattern (DESIGN 4.2). The first word is the account type and tells the natural side of a balance: assets and
 * expenses are debit balances, liabilities, revenue and equity credit balances.
 */
export const ledgerAccount = {
  /** What the provider owes a prepaid customer until it is consumed. */
  wallet: (account: string, bucket = moneyBucket) => `liability:wallet:${account}:${bucket}`,
  /** Charged, not yet invoiced. */
  unbilled: (account: string) => `asset:unbilled:${account}`,
  /** Invoiced, not yet paid. */
  receivable: (account: string) => `asset:receivable:${account}`,
  cash: (method: string) => `asset:cash:${method}`,
  revenue: (product: string) => `revenue:${product}`,
  /** What rounding an invoice to payable units gained or lost. */
  rounding: 'equity:rounding',
  /** Seen on chain deep enough to start the service, not yet there for good. */
  inTransit: (chain: string) => `asset:crypto:in-transit:${chain}`,
  /** Paid on chain, not yet credited to what it pays for. */
  paymentPending: (account: string) => `liability:payment-pending:${account}`,
  /** The provider's money on chain in fiat, at the rate of the day that it came. */
  cryptoHolding: (holding: CryptoHolding, chain: string) => `asset:crypto:${holding}:${chain}`,
  /** The same money in the token. Its other side is the conversion, so that each currency balances by itself. */
  tokenHolding: (holding: CryptoHolding, chain: string, token: string) => `asset:crypto:${holding}:${chain}:${token}`,
  conversion: (token: string) => `equity:conversion:${token}`,
  fxGain: 'revenue:fx-gain',
  fxLoss: 'expense:fx-loss',
  /** What the platform keeps of a payment. */
  paymentFee: 'expense:payment-fee',
  /** Bought, and held by the escrow until the event is over. */
  ppvEscrow: (account: string) => `liability:ppv-escrow:${account}`,
  deposit: (account: string) => `liability:deposit:${account}`,
  /** Prepaid credit that was paid for and is not issued yet; then what is issued and not yet redeemed. */
  creditUnissued: (account: string) => `liability:credit-unissued:${account}`,
  credit: (account: string) => `liability:credit:${account}`,
  /** What is issued and nobody's. With that of all accounts it is the supply on chain. */
  strayCredit: 'liability:credit',
  breakage: 'revenue:breakage',
  /** To be paid back, not yet seen to be paid on chain. */
  refundPayable: (account: string) => `liability:refund-payable:${account}`,
  /** Money that nobody could be found for. */
  suspense: 'liability:suspense',
} as const;

/** Where a provider's money on chain lies: its treasury, the escrow contract, or the wallet that refunds are paid from. */
export type CryptoHolding = 'treasury' | 'escrow' | 'refund-float';

/** The wallet bucket of what was paid beyond what was owed. */
export const overpaidBucket = 'overpaid';

/** The bucket of a customer's wallet that a ledger account is; undefined for the customer's money proper, and for anything else. */
export function bucketOf(ledgerAccount: string, account: string): string | undefined {
  const prefix = `liability:wallet:${account}:`;
  if (!ledgerAccount.startsWith(prefix)) return undefined;
  const bucket = ledgerAccount.slice(prefix.length);
  return bucket === moneyBucket ? undefined : bucket;
}
