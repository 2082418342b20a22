import type { ListedChain } from '../domain/log-policy.ts';

/** A block as the chain shows it now. */
export interface ChainBlock {
  readonly number: bigint;
  /** 0x and 64 lower-case hex. */
  readonly hash: string;
  /** Of the block, in seconds since 1970. */
  readonly timestamp: bigint;
}

/** How firm a block is: `latest` may be undone, `finalized` only by a failure of the chain itself. */
export type BlockTag = 'latest' | 'safe' | 'finalized';

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

/** A transaction that is signed and may be sent any number of times: it can take effect once. */
export interface SignedTransaction {
  /** Hash, 0x-hex. */
  readonly tx: string;
  readonly raw: string;
  readonly nonce: bigint;
  readonly feePerGasMax: bigint;
  readonly tipPerGas: bigint;
}

/** The fees and nonce of a transaction that another one is to take the place of. */
export type ReplacedTransaction = Pick<SignedTransaction, 'nonce' | 'feePerGasMax' | 'tipPerGas'>;

/**
 * One chain with one anchor contract. Every method asks the node anew and throws `ChainFault`; a refusal of the contract itself throws
 * `AnchorRefusedFault`.
 */
export interface AnchorChain {
  readonly listed: ListedChain;
  /** Undefined for a number beyond the head. */
  block(which: BlockTag | bigint): Promise<ChainBlock | undefined>;
  /** At the head of the chain. */
  latest(logId: string): Promise<ChainHead>;
  /** Gives the log its place, with the provider's publisher key. Included when it resolves; throws for a log that has one. */
  register(slug: string, logId: string): Promise<void>;
  /** The event that anchored this size, searched from a block to the head; undefined where there is none. */
  anchored(logId: string, size: bigint, fromBlock: bigint): Promise<AnchoredEvent | undefined>;
  /** Every anchor of the log, oldest first, from the contract's first block to the head. */
  allAnchored(logId: string): Promise<AnchoredEvent[]>;
  /** Tries the call without sending it, then signs it. Nothing is sent: keep the transaction first. */
  sign(request: AnchorRequest, replaced?: ReplacedTransaction): Promise<SignedTransaction>;
  /** Safe to repeat. When it resolves the node had the transaction; when it throws, it may have. */
  send(slug: string, raw: string): Promise<void>;
  /** Nonce that the provider's publisher uses next, by what blocks hold. */
  nonceOf(slug: string): Promise<bigint>;
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
