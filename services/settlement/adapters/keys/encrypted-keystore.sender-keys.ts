import { createHash } from 'node:crypto';
import type { TransactionSigner } from '../../../chain/application/transaction.ts';
import type { SenderKeys, SenderRole } from '../../application/sending/sender-keys.ts';
import { EncryptedKeystore, type EncryptedKeystoreOptions } from './encrypted-keystore.ts';
import { quoteKeyOf } from './encrypted-keystore.signer.ts';

/**
 * Keys in encrypted files: `<role>-<slug>.json`, but for the signer, which is the key of the quotes, and the relayers, `relayer-<n>.json`,
 * among which the providers are spread. So no nonce of one provider waits for another's, and relays do not all wait for one key.
 */
export class EncryptedKeystoreSenderKeys implements SenderKeys {
  readonly #keystore: EncryptedKeystore;
  readonly #relayers: number;

  constructor(options: EncryptedKeystoreOptions & { readonly relayers: number }) {
    this.#keystore = new EncryptedKeystore(options);
    this.#relayers = options.relayers;
  }

  signerOf(role: SenderRole, provider: string, chainId: string): Promise<TransactionSigner> {
    return this.#keystore.walletOf(this.#nameOf(role, provider), chainId);
  }

  existing(role: SenderRole, provider: string, chainId: string): Promise<TransactionSigner | undefined> {
    return this.#keystore.existing(this.#nameOf(role, provider), chainId);
  }

  #nameOf(role: SenderRole, provider: string): string {
    if (role === 'signer') return quoteKeyOf(provider);
    if (role !== 'relayer') return `${role}-${provider}`;
    const shard = createHash('sha256').update(provider).digest().readUInt32BE() % this.#relayers;
    return `relayer-${shard}`;
  }
}
