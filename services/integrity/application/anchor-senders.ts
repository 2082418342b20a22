import type { AnchorChain } from './anchor-chain.ts';
import { AnchorSender, type AnchorSenderOptions } from './anchor-sender.ts';

/** One sender for each publisher key and contract. */
export class AnchorSenders {
  readonly #options: Omit<AnchorSenderOptions, 'chain' | 'queue'>;
  readonly #senders = new Map<string, AnchorSender>();

  constructor(options: Omit<AnchorSenderOptions, 'chain' | 'queue'>) {
    this.#options = options;
  }

  async of(chain: AnchorChain, slug: string): Promise<AnchorSender> {
    const queue = await chain.queueOf(slug);
    const key = `${chain.listed.chainId} ${chain.listed.contract} ${queue.key.address}`;
    let sender = this.#senders.get(key);
    sender ??= new AnchorSender({ ...this.#options, chain, queue });
    this.#senders.set(key, sender);
    return sender;
  }
}
