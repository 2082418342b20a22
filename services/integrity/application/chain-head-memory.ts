import { ChainFault } from '../../chain/application/chain-faults.ts';
import type { TreeHead } from '../domain/tree-head.ts';
import { logIdOf } from '../domain/origin.ts';
import type { AnchorChain } from './anchor-chain.ts';
import type { HeadMemory } from './head-store.ts';
import type { ProviderLogs } from './provider-logs.ts';

/**
 * What the anchor contract saw of a log: the one memory that a restored backup does not take back. A chain that is away remembers
 * nothing for now, since a ledger must go on without it; the anchorer raises the alarm when it is back.
 */
export class ChainHeadMemory implements HeadMemory {
  readonly name: string;
  readonly #chain: AnchorChain;
  readonly #logs: ProviderLogs;

  constructor(chain: AnchorChain, logs: ProviderLogs) {
    this.name = `the anchor contract on chain ${chain.listed.chainId}`;
    this.#chain = chain;
    this.#logs = logs;
  }

  async latest(slug: string): Promise<TreeHead | undefined> {
    const log = await this.#logs.find(slug);
    if (log === undefined) return undefined;
    try {
      const { size, root } = await this.#chain.latest(logIdOf(log.origin, log.vkey));
      return size === 0n ? undefined : { size, root };
    } catch (error) {
      if (error instanceof ChainFault && error.retryable) return undefined;
      throw error;
    }
  }
}
