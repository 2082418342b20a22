import { strayTransfers, type TokenTransfer, type WatchedAddress } from '../domain/stray-transfers.ts';
import type { ChainLogs } from './chain-logs.ts';
import type { LogReader } from './log-reader.ts';
import type { NodeQuorum } from './node-quorum.ts';
import { nativeToken } from './settlement-chain.ts';
import { watchedAddresses } from './watched-addresses.ts';
import type { BlockRange } from './watched-node.ts';
import type { WatchCursor, WatchedLog, WatcherStore } from './watcher-store.ts';

export interface StrayFollowerOptions {
  readonly chainId: string;
  readonly nodes: NodeQuorum;
  readonly logs: ChainLogs;
  readonly reader: LogReader;
  readonly store: WatcherStore;
  readonly rangeMax: bigint;
}

/** What nodes take in one question. */
const addressesMax = 200;

/**
 * Transfers of configured tokens that went past our contracts, to or from a treasury (also one of before) or a refunder. Read only where the
 * chain is final and our own contracts were read, so that what these account for is known.
 */
export class StrayFollower {
  readonly #options: StrayFollowerOptions;

  constructor(options: StrayFollowerOptions) {
    this.#options = options;
  }

  async follow(): Promise<void> {
    const { chainId, store, rangeMax } = this.#options;
    const cursors = await store.cursors(chainId);
    const ours = cursors.filter(({ module }) => module !== 'token').map(({ finalized }) => finalized.number);
    const limit = ours.reduce((lowest, number) => (number < lowest ? number : lowest), ours[0] ?? 0n);
    for (const token of cursors.filter(({ module, address }) => module === 'token' && address !== nativeToken)) {
      let at = token.finalized;
      while (at.number < limit) {
        const to = at.number + rangeMax < limit ? at.number + rangeMax : limit;
        at = await this.#read({ ...token, observed: at }, { from: at.number + 1n, to });
      }
    }
  }

  async #read({ address: token, observed: from }: WatchCursor, range: BlockRange): Promise<WatchCursor['finalized']> {
    const { chainId, nodes, store } = this.#options;
    const watched = await watchedAddresses(store, chainId, range.to);
    const logs = await this.#strays(await this.#transfers(token, watched, range), watched);
    const { number, hash } = await nodes.finalBlock(range.to);
    const to = { number, hash };
    await store.advance({ chainId, contracts: [token], from, to, isFinal: true, logs, appeared: [], words: [] });
    return to;
  }

  async #transfers(token: string, watched: readonly WatchedAddress[], range: BlockRange): Promise<TokenTransfer[]> {
    const { logs, reader } = this.#options;
    const addresses = [...new Set(watched.map(({ address }) => address))];
    const found = new Map<string, TokenTransfer>();
    for (let at = 0; at < addresses.length; at += addressesMax)
      for (const filter of reader.transferFilters(token, addresses.slice(at, at + addressesMax)))
        for (const log of await logs.provenIn(filter, range)) {
          const transfer = reader.transferIn(log);
          if (transfer !== undefined) found.set(`${transfer.block.number} ${transfer.logIndex}`, transfer);
        }
    return [...found.values()];
  }

  async #strays(transfers: readonly TokenTransfer[], watched: readonly WatchedAddress[]): Promise<WatchedLog[]> {
    const { chainId, store } = this.#options;
    const byTransaction = Map.groupBy(transfers, ({ tx }) => tx);
    const ours = Map.groupBy(await store.ofTransactions(chainId, [...byTransaction.keys()]), ({ tx }) => tx);
    return [...byTransaction].flatMap(([tx, group]) => {
      const explaining = (ours.get(tx) ?? []).map(({ log }) => log);
      return strayTransfers(chainId, group, explaining, watched);
    });
  }
}
