import type { TransactionSigner } from '../../../chain/application/transaction.ts';
import type { Operation } from '../../domain/dispatch.events.ts';

/**
 * Which of the keys of a provider sends. Each has its own rights in the registry, so that a stolen one does only what it is for: a signer
 * quotes, captures, cancels and lets claims of a cancelled event be paid; a refunder pays back; a collector pulls under mandates; a minter gives out credit. The relayer has no right
 * at all, only coins.
 */
export const senderRoles = ['signer', 'refunder', 'collector', 'minter', 'relayer'] as const;
export type SenderRole = (typeof senderRoles)[number];

export const roleOf: Readonly<Record<Operation, SenderRole>> = {
  refund: 'refunder',
  capture: 'signer',
  cancel: 'signer',
  'purchase-refund': 'signer',
  claim: 'signer',
  collect: 'collector',
  revoke: 'relayer',
  issue: 'minter',
  'credit-refund': 'refunder',
  expire: 'minter',
  redeem: 'relayer',
  relay: 'relayer',
};

/** The hot keys that send transactions: encrypted files here, or a service that keeps them. */
export interface SenderKeys {
  /**
   * The same for the same role, provider and chain, for ever. A relayer may be one of several, which providers share. Throws a fault for a key
   * that cannot be used, and for one that everybody knows anywhere but on the local chain.
   */
  signerOf(role: SenderRole, provider: string, chainId: string): Promise<TransactionSigner>;
  /** The same, if there is one already: the question makes none. Throws the same faults. */
  existing(role: SenderRole, provider: string, chainId: string): Promise<TransactionSigner | undefined>;
}

export const SENDER_KEYS = Symbol('SenderKeys');
