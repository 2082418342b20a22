import type { Clock } from '../../commands/application/clock.ts';
import { ChainWatch, type WatchSettings } from './chain-watch.ts';
import type { LogReader } from './log-reader.ts';
import { nativeToken, type SettlementChain } from './settlement-chain.ts';
import type { SettlementLedger } from './settlement-ledger.ts';
import type { WatchedNode } from './watched-node.ts';
import { businessKeyOf, type WatchedLog, type WatcherStore } from './watcher-store.ts';

export interface ShadowResyncOptions {
  readonly chain: SettlementChain;
  readonly nodes: readonly WatchedNode[];
  readonly reader: LogReader;
  readonly clock: Clock;
  readonly settings: WatchSettings;
  /** What is compared. It is only read. */
  readonly kept: WatcherStore;
  /** Empty, and forgotten afterwards. */
  readonly shadow: { readonly store: WatcherStore; readonly ledger: SettlementLedger };
}

/** `missing`: the chain has it and we do not. `foreign`: we have it and the chain does not. `different`: both have it, and not the same. */
export interface ShadowDifference {
  readonly kind: 'missing' | 'foreign' | 'different';
  /** Contract, provider, effect and key. */
  readonly key: string;
}

export interface ShadowFinding {
  /** The last final block of both. */
  readonly upTo: bigint;
  readonly compared: number;
  readonly differences: readonly ShadowDifference[];
}

/** Reads a chain again from its first block, into a shadow, and holds what is kept of it against that: it has to be the same. */
export async function resyncIntoShadow({ kept, shadow, ...options }: ShadowResyncOptions): Promise<ShadowFinding> {
  const { chainId } = options.chain;
  // Where coins moved is told for the blocks between two looks at balances, and a second look is at other blocks.
  const chain = { ...options.chain, tokens: options.chain.tokens.filter(({ address }) => address !== nativeToken) };
  const watch = new ChainWatch({ ...options, ...shadow, chain });
  await watch.look();
  const upTo = lowest([await finalOf(kept, chainId), await finalOf(shadow.store, chainId)]);
  const [ours, theirs] = [await standing(kept, chainId, upTo), await standing(shadow.store, chainId, upTo)];
  const differences: ShadowDifference[] = [];
  for (const [key, text] of theirs) {
    const held = ours.get(key);
    if (held !== text) differences.push({ kind: held === undefined ? 'missing' : 'different', key });
  }
  for (const key of ours.keys()) if (!theirs.has(key)) differences.push({ kind: 'foreign', key });
  return { upTo, compared: theirs.size, differences };
}

async function finalOf(store: WatcherStore, chainId: string): Promise<bigint> {
  const cursors = (await store.cursors(chainId)).filter(({ address }) => address !== nativeToken);
  return lowest(cursors.map(({ finalized }) => finalized.number));
}

async function standing(store: WatcherStore, chainId: string, upTo: bigint): Promise<Map<string, string>> {
  const logs = new Map<string, string>();
  for await (const log of store.standing(chainId, upTo)) if (log.contract !== nativeToken) logs.set(businessKeyOf(log), textOf(log));
  return logs;
}

/** The same for the same log, in whatever order a store answers with its fields. */
function textOf(log: WatchedLog): string {
  const sorted = (_: string, value: unknown): unknown =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).toSorted(([left], [right]) => (left < right ? -1 : 1)))
      : value;
  return JSON.stringify(log, sorted);
}

function lowest(numbers: readonly bigint[]): bigint {
  return numbers.reduce((least, number) => (number < least ? number : least), numbers[0] ?? 0n);
}
