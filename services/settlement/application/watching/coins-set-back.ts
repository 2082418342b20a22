import { nativeToken } from '../settlement-chain.ts';
import { heldAfter, lookedAt } from './held-coins.ts';
import { chainBlockOf } from './chain-block.ts';
import type { NodeQuorum } from './node-quorum.ts';
import { watchedAddresses } from './watched-addresses.ts';
import { QuorumFault } from './watcher-faults.ts';
import type { Checkpoint, HeldCoins, WatchedLog, WatcherStore } from './watcher-store.ts';

/** Coins past the contracts, where the block after which they were compared last is gone. */
export interface CoinsSetBack {
  /** The last block that is known to be there and that no range of what is gone reaches over: they are compared from here on anew. */
  readonly at: Checkpoint;
  /** After that block; undefined where nodes do not know its state any more. */
  readonly balances: readonly HeldCoins[] | undefined;
  /** What was told of coins in blocks that are gone. */
  readonly gone: readonly WatchedLog[];
  /** Of that, what the chain shows in other blocks, in these. */
  readonly shown: readonly WatchedLog[];
  /** Something stands behind `at`: what is left then shows in balances only together with it. */
  readonly isToBeRead: boolean;
}

export interface CoinsSetBackOptions {
  readonly chainId: string;
  readonly nodes: NodeQuorum;
  readonly kept: WatcherStore;
  /** No block behind this one is final. */
  readonly upTo: bigint;
  /** Before it there is nothing. */
  readonly deploymentBlock: bigint;
}

/** Undefined where nothing of it was replaced. */
export async function coinsSetBack(options: CoinsSetBackOptions): Promise<CoinsSetBack | undefined> {
  const { chainId, nodes, kept, upTo, deploymentBlock } = options;
  const cursor = (await kept.cursors(chainId)).find(({ address }) => address === nativeToken);
  const isShown = async ({ number, hash }: Checkpoint) => number <= upTo && (await nodes.finalBlock(number)).hash === hash;
  if (cursor === undefined || (await isShown(cursor.finalized))) return undefined;
  const { blocks, coins } = await toldUpTo(kept, chainId, cursor.finalized.number);
  let last = blocks.pop();
  while (last !== undefined && !(await isShown(last))) last = blocks.pop();
  const fork = last?.number ?? (deploymentBlock === 0n ? 0n : deploymentBlock - 1n);
  const gone = coins.filter(({ block }) => BigInt(block.number) > fork);
  const { number, hash } = await nodes.finalBlock(gone.reduce((least, each) => earlier(least, rangeStartOf(each) - 1n), fork));
  const shown: WatchedLog[] = [];
  for (const each of gone) {
    const again = await shownAgain(options, each);
    if (again !== undefined) shown.push(again);
  }
  const isToBeRead = shown.length > 0 || coins.some(({ block }) => BigInt(block.number) > number && BigInt(block.number) <= fork);
  return { at: { number, hash }, balances: await balancesAfter(options, { number, hash }), gone, shown, isToBeRead };
}

/** Blocks of whatever stands, and what of it is of coins, in the order of the chain. */
async function toldUpTo(kept: WatcherStore, chainId: string, upTo: bigint): Promise<{ blocks: Checkpoint[]; coins: WatchedLog[] }> {
  const [blocks, coins] = [new Map<string, Checkpoint>(), [] as WatchedLog[]];
  for await (const log of kept.standing(chainId, upTo)) {
    blocks.set(log.block.hash, { number: BigInt(log.block.number), hash: log.block.hash });
    if (log.contract === nativeToken) coins.push(log);
  }
  return { blocks: [...blocks.values()], coins };
}

/** Where the blocks begin in one of which it was. */
function rangeStartOf({ block, log }: WatchedLog): bigint {
  return BigInt(log.name === 'NativeMoved' ? log.fromBlock : block.number);
}

/** The same transaction in another final block, with the same coins. What a balance alone tells is not looked for: it is told by the blocks anew. */
async function shownAgain({ nodes, upTo }: CoinsSetBackOptions, effect: WatchedLog): Promise<WatchedLog | undefined> {
  const { log, tx } = effect;
  if (log.name !== 'Transfer') return undefined;
  const number = await nodes.agreed(`where transaction ${tx} is`, async (node) => (await node.blockOf(tx))?.number ?? -1n, String);
  if (number < 0n || number > upTo) return undefined;
  const block = await nodes.finalBlock(number);
  const transactions = await nodes.agreedFinal(
    number,
    `the transactions of block ${number}`,
    (node) => node.transactionsOf(new Set([log.from]), block),
    (list) => list.map((each) => [each.tx, each.to, each.value].join(' ')).join('\n'),
  );
  const isSame = transactions.some((each) => each.tx === tx && each.to === log.to && each.value === BigInt(log.amount));
  return isSame ? { ...effect, block: chainBlockOf(block) } : undefined;
}

async function balancesAfter({ chainId, nodes, kept }: CoinsSetBackOptions, at: Checkpoint): Promise<HeldCoins[] | undefined> {
  try {
    return await heldAfter(nodes, at, lookedAt(await watchedAddresses(kept, chainId, at.number)));
  } catch (error) {
    if (error instanceof QuorumFault) return undefined;
    throw error;
  }
}

function earlier(left: bigint, right: bigint): bigint {
  return left < right ? left : right;
}
