/** What a transaction does. */
export interface Call {
  /** Absent for a deployment. */
  readonly to?: string | undefined;
  /** 0x-hex. */
  readonly data: string;
  /** In wei; none when absent. */
  readonly value?: bigint;
}

/** In wei per unit of gas. */
export interface Fees {
  readonly feePerGasMax: bigint;
  readonly tipPerGas: bigint;
}

/** One signed version of a transaction. It may be sent any number of times: of all versions of a nonce the chain takes one, once. */
export interface Attempt extends Fees {
  /** Hash, 0x-hex. */
  readonly tx: string;
  readonly raw: string;
  readonly call: Call;
  /** True for a transfer of nothing to oneself, which takes the nonce so that the call can never happen. */
  readonly isCancel: boolean;
  readonly signedAt: Date;
}

/** Where a transaction stands, and what it cost there. */
export interface TransactionPlace {
  readonly tx: string;
  readonly block: bigint;
  readonly blockHash: string;
  /** Of the block. */
  readonly at: Date;
  readonly outcome: 'succeeded' | 'reverted' | 'cancelled';
  /** Of a deployment. */
  readonly contract: string | undefined;
  readonly gas: bigint;
  /** In wei: all that the sender paid, on a layer 2 with the share of the layer below. */
  readonly fee: bigint;
}

/**
 * `signed`: kept, perhaps sent, in no block. `mined`: in a block that may be undone; then it is `signed` again. `final`: in a final block.
 * `overtaken`: another transaction of this key, none of ours, has the nonce for good.
 */
export type TransactionState = 'signed' | 'mined' | 'final' | 'overtaken';

/** A nonce of a key, and everything that was signed for it. */
export interface QueuedTransaction {
  /** UUID. */
  readonly id: string;
  readonly chainId: string;
  /** Of the key. */
  readonly address: string;
  readonly nonce: bigint;
  /** What it is for, in the words of whoever asked. */
  readonly subject: string;
  readonly state: TransactionState;
  /** Newest last; at least one. */
  readonly attempts: readonly Attempt[];
  /** Set for `mined` and `final`. */
  readonly place: TransactionPlace | undefined;
}

/** An id under which nothing was signed, and nothing ever will be. */
export interface GivenUp {
  readonly id: string;
  readonly state: 'given-up';
  /** In the words of whoever gave it up. */
  readonly reason: string;
}

/** What stands under an id. */
export type Known = QueuedTransaction | GivenUp;

/** Signs, and tells nobody else how. A wallet of ethers is one. */
export interface TransactionSigner {
  readonly address: string;
  signTransaction(transaction: {
    readonly type: 2;
    readonly chainId: bigint;
    readonly nonce: number;
    readonly gasLimit: bigint;
    readonly maxPriorityFeePerGas: bigint;
    readonly maxFeePerGas: bigint;
    readonly to: string | null;
    readonly data: string;
    readonly value: bigint;
  }): Promise<string>;
}
