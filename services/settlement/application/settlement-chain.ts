import type { Currency } from '../../money/currency.ts';

/** Where a chain's contracts stand, lower-case 0x-hex. A chain without pay-per-view or prepaid credit leaves those out. */
export interface SettlementContracts {
  readonly registry: string;
  readonly settlement: string;
  readonly escrow?: string;
  readonly creditFactory?: string;
}

/** A token that is taken here. The native coin has the zero address. */
export interface SettlementToken {
  readonly address: string;
  /** Its code in the money table. */
  readonly currency: Currency;
  readonly decimals: number;
}

/** What a payment is for, as far as its confirmation goes. */
export const confirmedKinds = ['invoice', 'top-up', 'ppv', 'deposit', 'credit', 'collect', 'purchase'] as const;
export type ConfirmedKind = (typeof confirmedKinds)[number];

/** How deep a payment lies before the service that it pays for may start. */
export interface ConfirmationRule {
  /** All when absent. */
  readonly kinds?: readonly ConfirmedKind[];
  /** The most that it is for, in fiat; any amount when absent. An amount in another currency does not fit. */
  readonly upTo?: { readonly amount: string; readonly currency: Currency };
  /** 1: its own block is enough. */
  readonly blocks: number;
}

/** What is known of a chain and of the nodes that serve it. */
export interface ChainProfile {
  /** A newest block older than this means that the node stands still. Absent for a local chain, which mines only while something waits. */
  readonly blockTimeMaxMs?: number;
  /** `tag`: nodes know which block is final. A number: so many blocks behind the newest, for a chain without the tag. */
  readonly finality: 'tag' | number;
  /** Is anything there worth stealing? Then three nodes have to be asked, and the code of the contracts is pinned. */
  readonly realMoney: boolean;
  /** The first rule that fits is followed; a payment that none fits waits for finality. */
  readonly confirmations: readonly ConfirmationRule[];
  /** Between two looks at the nodes. */
  readonly pollMs?: number;
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
  readonly tokens: readonly SettlementToken[];
  readonly profile: ChainProfile;
}

export const nativeToken = `0x${'0'.repeat(40)}`;

/** Nodes that have to say the same before anything they say is believed. */
export function quorumOf({ rpcUrls }: Pick<SettlementChain, 'rpcUrls'>): number {
  return Math.min(2, rpcUrls.length);
}
