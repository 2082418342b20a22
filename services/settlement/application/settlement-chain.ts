import type { Finality } from '../../chain/application/chain-node.ts';
import type { ConfirmationRule } from '../domain/confirmation-policy.ts';
import type { KnownToken } from '../domain/token-amount.ts';

/** Where a chain's contracts stand, lower-case 0x-hex. A chain without pay-per-view or prepaid credit leaves those out. */
export interface SettlementContracts {
  readonly registry: string;
  readonly settlement: string;
  readonly escrow?: string;
  readonly creditFactory?: string;
}

/** What is known of a chain and of the nodes that serve it. */
export interface ChainProfile {
  /** A newest block older than this means that the node stands still. Absent for a local chain, which mines only while something waits. */
  readonly blockTimeMaxMs?: number;
  readonly finality: Finality;
  /** The longest that a block waits until it is final, in seconds, where nodes know the tag. Absent for a local chain. */
  readonly finalitySeconds?: number;
  /** Is anything there worth stealing? Then three nodes have to be asked, and the code of the contracts is pinned. */
  readonly realMoney: boolean;
  /** The first rule that fits is followed; a payment that none fits waits for finality. */
  readonly confirmations: readonly ConfirmationRule[];
  /** Between two looks at the nodes. */
  readonly pollMs?: number;
}

/** How a chain looks to whoever pays on it. The books take nothing from here. */
export interface ChainDisplay {
  readonly name?: string;
  /** A block explorer with the paths of EIP-3091 (`/tx/...`, `/address/...`), without a slash at the end. */
  readonly explorerUrl?: string;
  /** A node for wallets that do not know the chain. It stands on a public page, so it holds no password. */
  readonly walletRpcUrl?: string;
  /** Contracts that are known to empty the accounts that are delegated to them (EIP-7702), lower-case. The operator names them. */
  readonly sweepers?: readonly string[];
}

/** What our own keys may spend on a chain. */
export interface ChainSpending {
  /** The most that is offered for a unit of gas, in wei; as much as it takes when absent. */
  readonly feePerGasMax?: bigint;
  /** The most gas that a transaction may take which somebody else's signature is part of. */
  readonly relayGasMax?: bigint;
  /** The most that is paid in 24 hours for the relays of each provider, and as much for each other kind that payers order, in wei. */
  readonly relayFeeMaxPerDay?: bigint;
}

/** A chain that providers are paid on. */
export interface SettlementChain {
  /** Decimal. */
  readonly chainId: string;
  /** Nodes of the chain, each run by somebody else. May hold passwords: never in a message. */
  readonly rpcUrls: readonly string[];
  readonly contracts: SettlementContracts;
  /** EXTCODEHASH by contract. Where it is absent, the code that is found first is the one that has to stay. */
  readonly codeHashes: Partial<Record<keyof SettlementContracts, string>>;
  /** No block before this one holds a log of the contracts. */
  readonly deploymentBlock: bigint;
  /** The tokens that are taken here. */
  readonly tokens: readonly KnownToken[];
  readonly profile: ChainProfile;
  /** Payers' signatures are brought to the contracts at our cost, by the relayer keys. */
  readonly relaysPayments?: boolean;
  readonly display?: ChainDisplay;
  readonly spending?: ChainSpending;
  /** How long after a collection that came to nothing the next one follows, one number for each; a day, three days and a week when absent. */
  readonly collectRetrySeconds?: readonly number[];
}

export const nativeToken = `0x${'0'.repeat(40)}`;

/** Nodes that have to say the same before anything they say is believed. */
export function quorumOf({ rpcUrls }: Pick<SettlementChain, 'rpcUrls'>): number {
  return Math.min(2, rpcUrls.length);
}
