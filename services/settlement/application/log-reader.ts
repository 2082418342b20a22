import type { ChainModule } from '../domain/chain-effect.ts';
import type { ProvenLog } from './watched-node.ts';
import type { WatchedContract, WatchedLog } from './watcher-store.ts';

/** Knows what the logs of the contracts mean. */
export interface LogReader {
  /** First topics of all logs that a contract of this kind emits. */
  topicsOf(module: ChainModule): readonly string[];
  /** Throws `NodeAnswerFault` for a log that the contract cannot have emitted. */
  read(chainId: string, contract: WatchedContract, log: ProvenLog): WatchedLog;
}
