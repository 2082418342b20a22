import type { WatchedAddress } from '../../domain/stray-transfers.ts';
import { nativeToken } from '../settlement-chain.ts';
import type { NodeQuorum } from './node-quorum.ts';
import type { Checkpoint, HeldCoins } from './watcher-store.ts';

/** Of one provider. It may name as many as it pays for; what it makes us ask keeps nobody else's coins waiting. */
const refundersMax = 32;

/** All treasuries, and of each provider the refunders that were named last. */
export function lookedAt(watched: readonly WatchedAddress[]): string[] {
  const byProvider = Map.groupBy(watched, ({ providerId }) => providerId);
  const holders = [...byProvider.values()].flatMap((own) => {
    const of = (role: WatchedAddress['role']) => own.filter((each) => each.role === role).map(({ address }) => address);
    return [...of('treasury'), ...[...new Set(of('refunder').toReversed())].slice(0, refundersMax)];
  });
  return [...new Set(holders)];
}

/** What each has in the state after a block. Throws `QuorumFault` where too few nodes know that state. */
export async function heldAfter(nodes: NodeQuorum, { number, hash }: Checkpoint, holders: readonly string[]): Promise<HeldCoins[]> {
  const held: HeldCoins[] = [];
  for (const holder of holders) {
    const what = `the coins of ${holder} after block ${number}`;
    held.push({ holder, at: { number, hash }, units: await nodes.agreed(what, (node) => node.balance(nativeToken, holder, hash), String) });
  }
  return held;
}
