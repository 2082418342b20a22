import type { Pool } from 'pg';
import { systemClock } from '../commands/application/clock.ts';
import { ChainKeyFiles, type ChainKeyFilesOptions, readChainKey } from './adapters/keys/chain-key-files.ts';
import { MemoryTransactionStore } from './adapters/memory/memory.transaction-store.ts';
import { PostgresTransactionStore } from './adapters/postgres/postgres.transaction-store.ts';
import { JsonRpc } from './adapters/rpc/json-rpc.ts';
import type { ChainNode, Finality } from './application/chain-node.ts';
import { TransactionQueue } from './application/transaction-queue.ts';
import type { TransactionStore } from './application/transaction-store.ts';
import type { TransactionSigner } from './application/transaction.ts';

export interface ChainAccessOptions {
  readonly node: ChainNode;
  /** Decimal. */
  readonly chainId: string;
  readonly transactions: TransactionStore;
  readonly replaceAfterMs?: number;
  readonly resendAfterMs?: number;
  /** The most that is offered for a unit of gas, in wei; as much as it takes when absent. */
  readonly feePerGasMax?: bigint | undefined;
  /** What the chain takes as final; the tag when absent. */
  readonly finality?: Finality | undefined;
}

const replaceAfterMsDefault = 120_000;
const resendAfterMsDefault = 15_000;

/** One chain: a node to ask, and a queue for each key that sends transactions there. */
export class ChainAccess {
  readonly node: ChainNode;
  readonly chainId: string;
  readonly #options: ChainAccessOptions;
  readonly #queues = new Map<string, TransactionQueue>();

  constructor(options: ChainAccessOptions) {
    this.node = options.node;
    this.chainId = options.chainId;
    this.#options = options;
  }

  /** The same for the same key. */
  queueOf(signer: TransactionSigner): TransactionQueue {
    const { node, chainId, transactions: store, feePerGasMax, finality } = this.#options;
    const { replaceAfterMs = replaceAfterMsDefault, resendAfterMs = resendAfterMsDefault } = this.#options;
    const patience = { replaceAfterMs, resendAfterMs };
    let queue = this.#queues.get(signer.address);
    queue ??= new TransactionQueue({ node, chainId, signer, store, clock: systemClock, ...patience, feePerGasMax, finality });
    this.#queues.set(signer.address, queue);
    return queue;
  }
}

export function chainNodeAt(url: string): ChainNode {
  return new JsonRpc(url);
}

export function chainKeysIn(options: ChainKeyFilesOptions): ChainKeyFiles {
  return new ChainKeyFiles(options);
}

/** The key in a file. Throws `ChainKeyFault` for a file that cannot be used, and for a key everybody knows. */
export function chainKeyIn(path: string, chainId: string): Promise<TransactionSigner> {
  return readChainKey(path, chainId);
}

/** What is kept outlives any crash. */
export function keptTransactions(pool: Pool): TransactionStore {
  return new PostgresTransactionStore(pool);
}

/** For a command that asks the chain what is done before it does anything. */
export function unkeptTransactions(): TransactionStore {
  return new MemoryTransactionStore();
}
