import type { WatchedAddress } from '../../domain/stray-transfers.ts';
import type { WatcherStore } from './watcher-store.ts';

const namesOfAddresses = ['ProviderCreated', 'TreasuryApplied', 'RefunderSet'];

/** Everybody who was a treasury or a refunder up to a block, as logs of the registry say. */
export async function watchedAddresses(store: Pick<WatcherStore, 'named'>, chainId: string, upTo: bigint): Promise<WatchedAddress[]> {
  const logs = await store.named(chainId, namesOfAddresses, upTo);
  return logs.flatMap(({ providerId, block, log }) => {
    if (providerId === undefined || !('fields' in log)) return [];
    const role = log.name === 'RefunderSet' ? 'refunder' : 'treasury';
    const address = log.fields[role === 'refunder' ? 'key' : 'treasury'] as string;
    return [{ address, role, providerId, sinceBlock: BigInt(block.number) }];
  });
}
