import type { KnownToken } from '../domain/token-amount.ts';
import type { SettlementChain } from './settlement-chain.ts';

/** Blocks that a local chain, which mines on demand, may still replace: two behind the head are final there. */
const localWindowSeconds = 10n;
/** A test network whose profile does not say it: Ethereum takes about 13 minutes, and less than twice that when it is slow. */
const taggedWindowSeconds = 1_200n;

/** The chains that providers are paid on, by id; the first one is meant where none is named. */
export class SettlementChains {
  readonly #chains: readonly SettlementChain[];

  constructor(chains: readonly SettlementChain[]) {
    this.#chains = chains;
  }

  all(): readonly SettlementChain[] {
    return this.#chains;
  }

  /** Undefined for a chain that is not configured. */
  find(chainId: string | undefined): SettlementChain | undefined {
    return chainId === undefined ? this.#chains[0] : this.#chains.find((chain) => chain.chainId === chainId);
  }

  tokenAt(chainId: string, address: string): KnownToken | undefined {
    return this.find(chainId)?.tokens.find((token) => token.address === address);
  }
}

export const SETTLEMENT_CHAINS = Symbol('SettlementChains');

/** How long after its deadline a block that a quote landed in may still be replaced. */
export function reorgWindowSeconds({ profile }: Pick<SettlementChain, 'profile'>): bigint {
  const { finality, finalitySeconds, blockTimeMaxMs } = profile;
  if (finalitySeconds !== undefined) return BigInt(finalitySeconds);
  if (blockTimeMaxMs === undefined) return localWindowSeconds;
  return finality === 'tag' ? taggedWindowSeconds : (BigInt(finality) * BigInt(blockTimeMaxMs)) / 1000n;
}
