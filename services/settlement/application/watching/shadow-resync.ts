import { setTimeout as sleep } from 'node:timers/promises';
import { ChainFault } from '../../../chain/application/chain-faults.ts';
import type { Clock } from '../../../commands/application/clock.ts';
import { ChainWatch, type WatchSettings } from './chain-watch.ts';
import type { CoinsSetBack } from './coins-set-back.ts';
import type { LogReader } from './log-reader.ts';
import { nativeToken, type SettlementChain } from '../settlement-chain.ts';
import type { SettlementLedger } from './settlement-ledger.ts';
import { ShadowComparison, type ShadowDifference } from './shadow-comparison.ts';
import type { WatchedNode } from './watched-node.ts';
import type { WatchCursor, WatchedLog, WatcherStore } from './watcher-store.ts';

export interface ShadowResyncOptions {
  readonly chain: SettlementChain;
  readonly nodes: readonly WatchedNode[];
  readonly reader: LogReader;
  readonly clock: Clock;
  readonly settings: WatchSettings;
  /** What is compared. It is only read. */
  readonly kept: WatcherStore;
  /** Empty, and forgotten afterwards. */
  readonly shadow: WatcherStore;
  /** Up to the last final block, also where what is kept has not come so far: for what is to be adopted. */
  readonly isToTheEnd?: boolean;
  /** Told how far the shadow is, whenever it is further. */
  readonly onProgress?: (finalized: bigint) => void;
}

export interface ShadowFinding {
  readonly chainId: string;
  /** The last block that is final for every contract. */
  readonly upTo: bigint;
  readonly compared: number;
  readonly differences: readonly ShadowDifference[];
  /** Where the contracts stand in what is kept, and in the shadow. */
  readonly cursors: { readonly kept: readonly WatchCursor[]; readonly shadow: readonly WatchCursor[] };
  /** Only to the end, and where blocks were replaced after which coins were compared. */
  readonly coins?: CoinsSetBack | undefined;
}

const failuresMax = 5;

/** What a shadow tells goes nowhere. */
const silence: SettlementLedger = {
  providers: async () => [],
  lastSlot: async () => 0n,
  take: async ({ block }, { finalized }) => (BigInt(block.number) <= finalized ? 'finalized' : 'observed'),
  reorged: async () => undefined,
  mandatesRevoked: async () => undefined,
};

/**
 * Reads a chain again from its first block, into a shadow, by the same rules and the same nodes, and holds what is kept of it against that: it
 * has to be the same. Throws `WatcherAlarm` for what stops the shadow, and `ChainFault` once nodes have failed several times without a step
 * forward in between.
 */
export async function resyncIntoShadow({
  kept,
  shadow,
  isToTheEnd = false,
  onProgress,
  ...options
}: ShadowResyncOptions): Promise<ShadowFinding> {
  const { chainId } = options.chain;
  // Where coins moved is told for the blocks between two looks at balances, and a second look is at other blocks.
  const chain = { ...options.chain, tokens: options.chain.tokens.filter(({ address }) => address !== nativeToken) };
  const watch = new ChainWatch({ ...options, chain, store: shadow, ledger: silence });
  await readThrough(watch, { shadow, pauseMs: options.settings.backoffMsMax / failuresMax, onProgress });
  const cursors = { kept: await kept.cursors(chainId), shadow: await shadow.cursors(chainId) };
  const upTo = lowest(isToTheEnd ? cursors.shadow : [...cursors.kept.filter(({ address }) => address !== nativeToken), ...cursors.shadow]);
  const known = new Set(cursors.shadow.map(({ address }) => address));
  const comparison = new ShadowComparison();
  // A contract that the configuration names no more was not read again. Credit of which no factory tells was made up.
  const ours = only(kept.standing(chainId, upTo), ({ contract, module }) => known.has(contract) || module === 'credit');
  await comparison.compare(ours, shadow.standing(chainId, upTo));
  const finding = { chainId, upTo, compared: comparison.compared, differences: comparison.differences(), cursors };
  // Coins of a chain that names no native token any more are left alone.
  const isWithCoins = isToTheEnd && chain.tokens.length < options.chain.tokens.length;
  return isWithCoins ? { ...finding, coins: await watch.coinsSetBack(kept, upTo) } : finding;
}

interface Reading {
  readonly shadow: WatcherStore;
  readonly pauseMs: number;
  readonly onProgress: ShadowResyncOptions['onProgress'];
}

/** Contracts that appear on the way are read by the looks that follow. */
async function readThrough(watch: ChainWatch, { shadow, pauseMs, onProgress }: Reading): Promise<void> {
  for (let [reached, failures] = [0n, 0]; ;) {
    const failure = await faultOf(watch.look());
    const now = lowest(await shadow.cursors(watch.chainId));
    const isFurther = now > reached;
    if (isFurther) [reached, failures] = [now, 0];
    if (isFurther) onProgress?.(now);
    if (failure === undefined && !isFurther) return;
    if (failure === undefined) continue;
    // What fails before the first step is told at once.
    if (reached === 0n || ++failures === failuresMax) throw failure;
    await sleep(pauseMs);
  }
}

/** What passes by itself is answered, anything else thrown. */
async function faultOf(look: Promise<void>): Promise<ChainFault | undefined> {
  try {
    await look;
    return undefined;
  } catch (error) {
    if (error instanceof ChainFault) return error;
    throw error;
  }
}

async function* only(logs: AsyncIterable<WatchedLog>, isCompared: (log: WatchedLog) => boolean): AsyncIterable<WatchedLog> {
  for await (const log of logs) if (isCompared(log)) yield log;
}

function lowest(cursors: readonly WatchCursor[]): bigint {
  const numbers = cursors.map(({ finalized }) => finalized.number);
  return numbers.reduce((least, number) => (number < least ? number : least), numbers[0] ?? 0n);
}
