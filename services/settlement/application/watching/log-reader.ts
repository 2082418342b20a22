import type { ChainModule } from '../../domain/chain-effect.ts';
import type { TokenTransfer } from '../../domain/stray-transfers.ts';
import type { LogFilter, ProvenLog } from './watched-node.ts';
import type { WatchedContract, WatchedLog } from './watcher-store.ts';

/** Knows what the logs of the contracts mean. */
export interface LogReader {
  /** First topics of all logs that a contract of this kind emits. */
  topicsOf(module: ChainModule): readonly string[];
  /** Throws `NodeAnswerFault` for a log that the contract cannot have emitted. */
  read(chainId: string, contract: WatchedContract, log: ProvenLog): WatchedLog;
  /** Transfers of a token from any of these addresses, and to any of them. */
  transferFilters(token: string, addresses: readonly string[]): LogFilter[];
  /** Undefined for a log that is no transfer of an amount, such as that of a single collectible. */
  transferIn(log: ProvenLog): TokenTransfer | undefined;
}
