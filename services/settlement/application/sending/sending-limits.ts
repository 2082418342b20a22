import type { CostKind, GasCosts } from './gas-costs.ts';
import type { SettlementChain } from '../settlement-chain.ts';

export interface SendingLimits {
  /** The most gas that a transaction may take which somebody else's signature is part of. */
  readonly relayGasMax: bigint;
  /** The most that is paid in 24 hours for one provider, in wei: for its relays, and as much for each other kind that payers order. */
  readonly relayFeeMaxPerDay: bigint;
}

/** A relay takes about 120,000 gas; a signer that is a contract takes more. 0.02 coins are about a thousand relays of a cheap day. */
const limitsDefault: SendingLimits = { relayGasMax: 400_000n, relayFeeMaxPerDay: 20_000_000_000_000_000n };
/** What payers order for one account takes so much of the day's limit, or there would be nothing left for the customers of a provider when one of them goes on and on. */
const accountsPerDay = 10n;
const dayMs = 86_400_000;

export function limitsOf(chain: Pick<SettlementChain, 'spending'> | undefined): SendingLimits {
  const { relayGasMax, relayFeeMaxPerDay } = { ...limitsDefault, ...chain?.spending };
  return { relayGasMax, relayFeeMaxPerDay };
}

export interface SpendingAsked {
  readonly provider: string;
  readonly chainId: string;
  readonly kind: CostKind;
  /** Whom it is for. */
  readonly account: string | undefined;
  /** In wei. */
  readonly feePerGas: bigint;
  readonly limits: SendingLimits;
  readonly now: string;
  /** The transaction that is asked about, where something was set aside for it already. */
  readonly except?: string;
}

export interface SpendingLimit {
  readonly code: 'spending_limit';
  /** In wei, within 24 hours. */
  readonly spent: string;
  readonly limit: string;
}

/**
 * Undefined while one more, at the most that it may cost, stays within the limit of the day, and within the share of its account. Each kind has them for
 * itself: whoever uses up the relays keeps nobody from ending a mandate. Where gas is so dear that one is more than a share, an account has one a day.
 */
export async function aboveLimit(costs: Pick<GasCosts, 'since'>, asked: SpendingAsked): Promise<SpendingLimit | undefined> {
  const { provider, chainId, kind, account, feePerGas, limits, now, except } = asked;
  const of = { provider, chainId, operations: [kind], ...(except !== undefined && { except }) };
  const [since, cost, limit] = [new Date(Date.parse(now) - dayMs), limits.relayGasMax * feePerGas, limits.relayFeeMaxPerDay];
  const spent = await costs.since(of, since);
  if (spent + cost > limit) return { code: 'spending_limit', spent: spent.toString(), limit: limit.toString() };
  if (account === undefined) return undefined;
  const [share, ofAccount] = [limit / accountsPerDay, await costs.since({ ...of, account }, since)];
  if (ofAccount === 0n || ofAccount + cost <= share) return undefined;
  return { code: 'spending_limit', spent: ofAccount.toString(), limit: share.toString() };
}
