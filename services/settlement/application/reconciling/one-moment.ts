import type { WatchCursor, WatcherStore } from '../watching/watcher-store.ts';

/** What the watcher knows and what the books say did not belong together: it is read again later. */
export class BooksMovedFault extends Error {
  override readonly name = 'BooksMovedFault';
  readonly retryable = true;
}

/** Cursors of chains, by chain. */
export type ChainCursors = ReadonlyMap<string, readonly WatchCursor[]>;

const readsMax = 20;

/**
 * Reads what the watcher kept and what the books say as of one moment: up to the final checkpoints the ledger has heard everything, and
 * beyond them nothing is final for it. Throws `BooksMovedFault` while the ledger has not heard all, or the watcher moves too fast.
 */
export async function atOneMoment<Result>(
  store: WatcherStore,
  chainIds: readonly string[],
  read: (cursors: ChainCursors) => Promise<Result>,
): Promise<{ readonly cursors: ChainCursors; readonly result: Result }> {
  for (let reads = 0; reads < readsMax; reads++) {
    const cursors = await cursorsOf(store, chainIds);
    for (const [chainId, known] of cursors) await assertTold(store, chainId, known);
    const result = await read(cursors);
    if (textOf(await cursorsOf(store, chainIds)) === textOf(cursors)) return { cursors, result };
  }
  throw new BooksMovedFault('The watcher moved on while the books were read.');
}

async function cursorsOf(store: WatcherStore, chainIds: readonly string[]): Promise<ChainCursors> {
  const cursors = new Map<string, readonly WatchCursor[]>();
  for (const chainId of chainIds) cursors.set(chainId, await store.cursors(chainId));
  return cursors;
}

async function assertTold(store: WatcherStore, chainId: string, cursors: readonly WatchCursor[]): Promise<void> {
  const finals = new Map(cursors.map(({ address, finalized }) => [address, finalized.number]));
  const isFinal = (contract: string, number: string): boolean => BigInt(number) <= (finals.get(contract) ?? -1n);
  const untold = (await store.deliveries(chainId)).find(
    ({ kind, effect }) => kind === 'seen' && isFinal(effect.contract, effect.block.number),
  );
  if (untold !== undefined) throw new BooksMovedFault(`The ledger has not heard all of chain ${chainId} that is final yet.`);
}

function textOf(cursors: ChainCursors): string {
  return [...cursors.values()]
    .flat()
    .map(({ address, observed, finalized }) => [address, observed.hash, finalized.hash].join(' '))
    .join('\n');
}
