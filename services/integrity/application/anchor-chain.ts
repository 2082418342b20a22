import type { BlockTag, ChainBlock } from '../../chain/application/chain-node.ts';
import type { TransactionQueue } from '../../chain/application/transaction-queue.ts';
import type { Call } from '../../chain/application/transaction.ts';
import type { ListedChain } from '../domain/log-policy.ts';

/** What the contract holds of a log. Size 0 before the first anchor. */
export interface ChainHead {
  readonly size: bigint;
  readonly root: Buffer;
  readonly seq: bigint;
}

/** One `Anchored` event. */
export interface AnchoredEvent {
  readonly size: bigint;
  readonly root: Buffer;
  readonly seq: bigint;
  readonly block: bigint;
  readonly blockHash: string;
  readonly tx: string;
}

export interface AnchorRequest {
  readonly slug: string;
  /** 64 hex. */
  readonly logId: string;
  readonly oldSize: bigint;
  readonly newSize: bigint;
  readonly newRoot: Buffer;
  /** Consistency proof from the old size to the new one; empty for a first anchor. */
  readonly proof: readonly Buffer[];
}

/**
 * One chain with one anchor contract. Every method asks the node anew and throws `ChainFault`, `WrongChainFault` where the node serves
 * another chain or contract than the listed one. Nothing is asked before the first call, so a node that is away keeps nobody from starting.
 */
export interface AnchorChain {
  readonly listed: ListedChain;
  /** Undefined for a number beyond the head. */
  block(which: BlockTag | bigint): Promise<ChainBlock | undefined>;
  /** At the head of the chain. */
  latest(logId: string): Promise<ChainHead>;
  /** Who may anchor the log, 0x-hex; undefined for one that is frozen or was never registered. */
  publisherOf(logId: string): Promise<string | undefined>;
  /** Gives the log its place, with the provider's publisher key. Included when it resolves; throws for a log that has one. */
  register(slug: string, logId: string): Promise<void>;
  /** The event that anchored this size, searched from a block to the head; undefined where there is none. */
  anchored(logId: string, size: bigint, fromBlock: bigint): Promise<AnchoredEvent | undefined>;
  /** Every anchor of the log, oldest first, from the contract's first block to the head. */
  allAnchored(logId: string): Promise<AnchoredEvent[]>;
  /** Tries the anchor without sending it. Throws `AnchorRefusedFault` where the contract would refuse it now. */
  rehearse(request: AnchorRequest): Promise<void>;
  /** The call that brings these anchors, which are of one publisher. One that the contract refuses by then leaves its neighbours alone. */
  callOf(requests: readonly AnchorRequest[]): Call;
  /** The transactions of the provider's publisher key. The same for providers that share a key. */
  queueOf(slug: string): Promise<TransactionQueue>;
}

/** The contract would revert, and with what. */
export class AnchorRefusedFault extends Error {
  override readonly name = 'AnchorRefusedFault';
  readonly reason: AnchorRefusal;

  constructor(reason: AnchorRefusal, detail: string) {
    super(`The anchor contract refuses the anchor: ${detail}`);
    this.reason = reason;
  }
}

/** `moved`: the stored size is another one, read it and prove again. */
export type AnchorRefusal = 'moved' | 'frozen' | 'not_publisher' | 'not_registered' | 'inconsistent' | 'other';
