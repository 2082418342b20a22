import type { ContractPlace, SignedTerms } from '../../domain/quote.ts';

export interface QuoteSignature {
  /** Lower-case address that the contract asks the registry about; of a contract (ERC-1271) where the key is one's. */
  readonly signer: string;
  /** Over the digest: 0x and hex. */
  readonly signature: string;
}

/**
 * The hot key of a provider: an encrypted file here, or a service that keeps it (KMS, HSM). It can misprice and burn slots, and never send
 * money anywhere.
 */
export interface QuoteSigner {
  /** Signs the terms for one contract on one chain. Throws a fault when the key cannot be used; nothing is then quoted. Safe to repeat. */
  sign(provider: string, terms: SignedTerms, place: ContractPlace): Promise<QuoteSignature>;
  /** The address that signs for a provider on a chain, to be made its signer in the registry. */
  addressOf(provider: string, chainId: string): Promise<string>;
}

export const QUOTE_SIGNER = Symbol('QuoteSigner');
