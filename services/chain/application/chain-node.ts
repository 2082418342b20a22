/**
 * A node of an EVM chain, spoken to in JSON-RPC. Nothing is cached, repeated or asked behind the caller's back: who calls decides what a
 * lost answer means. Throws `ChainUnavailableFault` and `ChainRefusedFault`.
 */
export interface ChainNode {
  call<Result>(method: string, ...params: readonly unknown[]): Promise<Result>;
}

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

/** `tag`: nodes say which block is final. A number: so many blocks behind the newest, for a chain whose nodes do not know the tag. */
export type Finality = 'tag' | number;

interface RpcBlock {
  readonly number: string;
  readonly hash: string;
  readonly timestamp: string;
}

/** Undefined for a number beyond the head. */
export async function blockOf(node: ChainNode, which: BlockTag | bigint): Promise<ChainBlock | undefined> {
  const block = await node.call<RpcBlock | null>('eth_getBlockByNumber', typeof which === 'bigint' ? hexOf(which) : which, false);
  return block === null ? undefined : { number: BigInt(block.number), hash: block.hash, timestamp: BigInt(block.timestamp) };
}

/** The newest block that is there for good; undefined while there is none. */
export async function finalBlockOf(node: ChainNode, finality: Finality): Promise<ChainBlock | undefined> {
  if (finality === 'tag') return blockOf(node, 'finalized');
  const newest = await blockOf(node, 'latest');
  const number = newest === undefined ? -1n : newest.number - BigInt(finality);
  return number < 0n ? undefined : blockOf(node, number);
}

/** A number as JSON-RPC writes it. */
export function hexOf(number: bigint): string {
  return `0x${number.toString(16)}`;
}
