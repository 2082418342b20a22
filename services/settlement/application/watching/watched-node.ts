/** A block as a node shows it. */
export interface WatchedBlock {
  readonly number: bigint;
  /** 0x and 64 lower-case hex. */
  readonly hash: string;
  readonly parentHash: string;
  /** Of the block, in seconds since 1970. */
  readonly timestamp: bigint;
}

/** Which logs: of any of these addresses, and at each place of the topics any of those; null for whatever stands there. */
export interface LogFilter {
  readonly addresses: readonly string[];
  readonly topics: readonly (readonly string[] | null)[];
}

export interface BlockRange {
  readonly from: bigint;
  /** Included. */
  readonly to: bigint;
}

/**
 * A log that the node has proven against itself: its transaction succeeded, the receipt holds the same log at the same index, and the block
 * is the one that the node shows at that height. All hex is lower-case.
 */
export interface ProvenLog {
  readonly address: string;
  readonly topics: readonly string[];
  readonly data: string;
  readonly block: WatchedBlock;
  readonly tx: string;
  readonly logIndex: number;
}

/** A transaction of a block that one of the addresses asked for sent, or was sent to. All hex is lower-case. */
export interface WatchedTransaction {
  readonly tx: string;
  readonly from: string;
  /** Of a new contract: its address. */
  readonly to: string;
  /** In units; nothing where it failed. */
  readonly value: bigint;
  /** What its sender paid for it. */
  readonly fee: bigint;
}

/** A word of 256 slots, of which the contract knows which are closed. */
export interface SlotWord {
  readonly contract: string;
  readonly view: 'settledWord' | 'purchasedWord';
  readonly providerId: string;
  readonly word: bigint;
}

/** What was bought for one event with one token. */
export interface EscrowPurse {
  readonly escrow: string;
  readonly providerId: string;
  readonly eventId: string;
  readonly token: string;
}

/**
 * One node of one chain. Nothing is cached or asked twice; nothing an answer says of itself is believed. Throws `ChainUnavailableFault`,
 * `ChainRefusedFault`, `NodeBehindFault`, and `NodeAnswerFault` for an answer that contradicts itself.
 */
export interface WatchedNode {
  /** What it is called in status and alarms: no address, which may hold a password. */
  readonly name: string;
  chainId(): Promise<string>;
  heads(): Promise<{ readonly latest: WatchedBlock; readonly finalized: WatchedBlock }>;
  /** By number or hash; undefined for one that the node does not know. */
  block(which: bigint | string): Promise<WatchedBlock | undefined>;
  /** In the order of the chain. Only for blocks that are final: the answer is of whatever chain the node shows. */
  logsIn(filter: LogFilter, range: BlockRange): Promise<ProvenLog[]>;
  /** Of this very block; undefined while the node does not know it. */
  logsOf(filter: LogFilter, block: WatchedBlock): Promise<ProvenLog[] | undefined>;
  /** Of this transaction of a block, from its receipt, where no index of logs can leave one out; undefined while the node does not know it. */
  logsOfTransaction(filter: LogFilter, tx: string, block: WatchedBlock): Promise<ProvenLog[] | undefined>;
  /** In the order of the block; undefined while the node does not know it. */
  transactionsOf(addresses: ReadonlySet<string>, block: WatchedBlock): Promise<WatchedTransaction[] | undefined>;
  /** The block that has this transaction on the node's chain; undefined where none has. */
  blockOf(tx: string): Promise<WatchedBlock | undefined>;
  /** EXTCODEHASH at the head; undefined where there is no code. */
  codeHash(address: string): Promise<string | undefined>;
  /** The bits of a word in the state after this block; undefined while the node does not know the block. */
  slots(word: SlotWord, blockHash: string): Promise<bigint | undefined>;
  /** In units of the token, the zero address for the native coin, in the state after this block; undefined as above. */
  balance(token: string, holder: string, blockHash: string): Promise<bigint | undefined>;
  /** What an escrow holds for an event, in units; undefined as above. */
  held(purse: EscrowPurse, blockHash: string): Promise<bigint | undefined>;
  /** Of a token, in units; undefined as above. */
  supply(token: string, blockHash: string): Promise<bigint | undefined>;
}
