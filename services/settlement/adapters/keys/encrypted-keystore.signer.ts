import type { QuoteSignature, QuoteSigner } from '../../application/quoting/quote-signer.ts';
import { type ContractPlace, digestOf, type SignedTerms } from '../../domain/quote.ts';
import { EncryptedKeystore, type EncryptedKeystoreOptions } from './encrypted-keystore.ts';

/** Keys in encrypted files, `quotes-<slug>.json`. A new provider's key is made at random at its first quote. */
export class EncryptedKeystoreSigner implements QuoteSigner {
  readonly #keystore: EncryptedKeystore;

  constructor(options: EncryptedKeystoreOptions) {
    this.#keystore = new EncryptedKeystore(options);
  }

  async sign(provider: string, terms: SignedTerms, place: ContractPlace): Promise<QuoteSignature> {
    const wallet = await this.#keystore.walletOf(quoteKeyOf(provider), place.chainId);
    return { signer: wallet.address.toLowerCase(), signature: wallet.signingKey.sign(digestOf(terms, place)).serialized };
  }

  async addressOf(provider: string, chainId: string): Promise<string> {
    return (await this.#keystore.walletOf(quoteKeyOf(provider), chainId)).address.toLowerCase();
  }
}

/** Under which name the key lies that signs the quotes of a provider. */
export function quoteKeyOf(provider: string): string {
  return `quotes-${provider}`;
}
