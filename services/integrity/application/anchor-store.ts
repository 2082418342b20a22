import type { ListedChain } from '../domain/log-policy.ts';

/**
 * `submitted`: signed, and perhaps sent. `included`, `safe`, `finalised`: seen in a block that is so firm. `dropped`: it was in a block that
 * the chain has undone. `superseded`: a larger size is final without it. Only `finalised` counts for anybody outside.
 */
export type AnchorState = 'submitted' | 'included' | 'safe' | 'finalised' | 'dropped' | 'superseded';

/** Where the chain shows an anchor. */
export interface AnchorPlace {
  readonly seq: bigint;
  readonly block: bigint;
  readonly blockHash: string;
  readonly tx: string;
}

/** One size of a log in one contract. */
export interface Anchor {
  /** The provider's slug. */
  readonly log: string;
  readonly chainId: string;
  readonly contract: string;
  /** 64 hex. */
  readonly logId: string;
  readonly size: bigint;
  readonly root: Buffer;
  readonly state: AnchorState;
  /** What the transaction's proof begins at. */
  readonly oldSize: bigint;
  /** The transaction that was signed last for it, 0x-hex; a later version of that may be the one that a block takes. */
  readonly tx: string;
  readonly signedAt: Date;
  /** No block before this one can hold it. */
  readonly searchFrom: bigint;
  /** Where it was seen last; set for `included`, `safe` and `finalised`. */
  readonly place: AnchorPlace | undefined;
}

export type AnchorContract = Pick<ListedChain, 'chainId' | 'contract'>;

/** The anchors of all logs. Every method is durable when it resolves and safe to repeat. */
export interface AnchorStore {
  /** Before the transaction is sent; a later one for the same size takes the place of an earlier one. */
  keep(anchor: Anchor): Promise<void>;
  /** What the chain showed of it. */
  moved(anchor: Anchor, state: AnchorState, place: AnchorPlace | undefined): Promise<void>;
  find(log: string, at: AnchorContract, size: bigint): Promise<Anchor | undefined>;
  /** Neither final nor superseded, smallest first. */
  unsettled(log: string, at: AnchorContract): Promise<Anchor[]>;
  /** The final anchor with the largest size. */
  lastFinalised(log: string, at: AnchorContract): Promise<Anchor | undefined>;
  /** Of each log on each chain the anchor of most leaves in each state, newest first. */
  newestByState(): Promise<Anchor[]>;
  /** Every final anchor of the log in any contract, in order of chain, contract and size. */
  finalised(log: string): Promise<Anchor[]>;
}
