import { strayTransfers, type TokenTransfer, type WatchedAddress } from '../../domain/stray-transfers.ts';
import type { ChainLogs } from './chain-logs.ts';
import type { LateLogs } from './late-logs.ts';
import type { LogReader } from './log-reader.ts';
import type { NodeQuorum } from './node-quorum.ts';
import { nativeToken } from '../settlement-chain.ts';
import { watchedAddresses } from './watched-addresses.ts';
import type { BlockRange } from './watched-node.ts';
import type { WatchCursor, WatchedLog, WatcherStore } from './watcher-store.ts';

export interface StrayFollowerOptions {
  readonly chainId: string;
  readonly nodes: NodeQuorum;
  readonly logs: ChainLogs;
  readonly late: LateLogs;
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
    const ours = cursors.filter(({ module }) => module !== 'token');
    const read = ours.map(({ finalized }) => finalized.number);
    const limit = read.reduce((lowest, number) => (number < lowest ? number : lowest), read[0] ?? 0n);
    for (const token of cursors.filter(({ module, address }) => module === 'token' && address !== nativeToken)) {
      let at = token.finalized;
      while (at.number < limit) {
        const to = at.number + rangeMax < limit ? at.number + rangeMax : limit;
        at = await this.#read({ ...token, observed: at }, { from: at.number + 1n, to }, ours);
      }
    }
  }

  async #read(
    { address: token, observed: from }: WatchCursor,
    range: BlockRange,
    ours: readonly WatchCursor[],
  ): Promise<WatchCursor['finalized']> {
    const { chainId, nodes, store } = this.#options;
    const watched = await watchedAddresses(store, chainId, range.to);
    const logs = await this.#strays(await this.#transfers(token, watched, range), watched, ours);
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

  /**
   * A node may have left out the log that accounts for a transfer. Before that is told as a stray, the receipt of its transaction is read, which
   * holds every log of it.
   */
  async #strays(
    transfers: readonly TokenTransfer[],
    watched: readonly WatchedAddress[],
    ours: readonly WatchCursor[],
  ): Promise<WatchedLog[]> {
    const { logs, late } = this.#options;
    const found = await this.#unexplained(transfers, watched);
    const suspects = new Map(found.map(({ tx, block }) => [tx, BigInt(block.number)]));
    let missed = 0;
    for (const [tx, number] of suspects) missed += await late.add(await logs.inTransaction(ours, { number, tx }));
    return missed === 0 ? found : this.#unexplained(transfers, watched);
  }

  async #unexplained(transfers: readonly TokenTransfer[], watched: readonly WatchedAddress[]): Promise<WatchedLog[]> {
    const { chainId, store } = this.#options;
    const byTransaction = Map.groupBy(transfers, ({ tx }) => tx);
    const known = Map.groupBy(await store.ofTransactions(chainId, [...byTransaction.keys()]), ({ tx }) => tx);
    return [...byTransaction].flatMap(([tx, group]) => {
      const explaining = (known.get(tx) ?? []).map(({ log }) => log);
      return strayTransfers(chainId, group, explaining, watched);
    });
  }
}
