import type { ChainEffect, ChainLog, WatchedRole } from './chain-effect.ts';

/** Whose an address is, from which block on. */
export interface WatchedAddress {
  readonly address: string;
  readonly role: Exclude<WatchedRole, 'other'>;
  readonly providerId: string;
  readonly sinceBlock: bigint;
}

/** One `Transfer` of a token, in units. */
export interface TokenTransfer {
  readonly token: string;
  readonly from: string;
  readonly to: string;
  readonly amount: bigint;
  readonly block: ChainEffect['block'];
  readonly tx: string;
  readonly logIndex: string;
}

/** Money that a log of ours says has moved. From whom is known only where the contract itself holds it. */
export interface Explained {
  readonly token: string;
  readonly to: string;
  readonly amount: bigint;
}

/**
 * The transfers of one transaction that no log of ours in it accounts for, to or from an address that is watched. One transfer may pay for
 * several logs (a batch), and a transaction may hold a stray one beside ours, so sums are compared: what is above is the stray.
 */
export function strayTransfers(
  chainId: string,
  transfers: readonly TokenTransfer[],
  ours: readonly ChainLog[],
  watched: readonly WatchedAddress[],
): ChainEffect[] {
  const explained = ours.flatMap(explainedBy);
  const strays: ChainEffect[] = [];
  const groups = [...Map.groupBy(transfers, ({ token, from, to }) => `${token} ${from} ${to}`).values()];
  // Whoever sent exactly what is explained comes first, so that a stray of somebody else is not taken for a part of it.
  const isExact = (group: readonly TokenTransfer[]): boolean => sumOf(group) === explainedOf(explained, group[0] as TokenTransfer);
  for (const group of [...groups.filter(isExact), ...groups.filter((candidate) => !isExact(candidate))]) {
    const last = group.at(-1) as TokenTransfer;
    const stray = take(explained, last, sumOf(group));
    if (stray === 0n) continue;
    // Always at the last one: where it stands does not hang on which of our logs are known yet.
    strays.push(...transferEffects(chainId, last, stray, watched));
  }
  return strays;
}

/** What is left of the sum after what logs of ours explain of it, which is used up by that. */
function take(explained: Explained[], { token, to }: TokenTransfer, sum: bigint): bigint {
  let left = sum;
  for (const [index, { amount, ...place }] of explained.entries()) {
    if (place.token !== token || place.to !== to || amount === 0n) continue;
    const used = amount < left ? amount : left;
    left -= used;
    explained[index] = { ...place, amount: amount - used };
  }
  return left;
}

export function explainedBy(log: ChainLog): Explained[] {
  switch (log.name) {
    case 'Settled':
    case 'Collected':
    case 'EventCaptured':
      return [{ token: log.token, to: log.treasury, amount: BigInt(log.amount) - BigInt(log.fee) }];
    case 'Refunded':
    case 'PurchaseRefunded':
      return [{ token: log.token, to: log.to, amount: BigInt(log.amount) }];
    case 'FeesClaimed': {
      const { receiver, token, amount } = log.fields;
      return [{ token: token as string, to: receiver as string, amount: BigInt(amount as string) }];
    }
    default:
      return [];
  }
}

/** One for each provider that is concerned: both, where one pays another. */
export function transferEffects(
  chainId: string,
  transfer: TokenTransfer,
  amount: bigint,
  watched: readonly WatchedAddress[],
): ChainEffect[] {
  const { token, from, to, block, tx, logIndex } = transfer;
  const known = watched.filter(({ sinceBlock }) => sinceBlock <= BigInt(block.number));
  const providers = new Set(known.filter(({ address }) => address === from || address === to).map(({ providerId }) => providerId));
  return [...providers].map((providerId) => {
    const roleOf = (at: string): WatchedRole =>
      known.find(({ address, providerId: owner }) => address === at && owner === providerId)?.role ?? 'other';
    return {
      ...({ chainId, contract: token, module: 'token', providerId, block, tx, logIndex, effect: 'log', key: `${tx}.${logIndex}` } as const),
      log: { name: 'Transfer', token, from, fromRole: roleOf(from), to, toRole: roleOf(to), amount: amount.toString() },
    };
  });
}

function explainedOf(explained: readonly Explained[], { token, to }: TokenTransfer): bigint {
  return explained.reduce((sum, place) => (place.token === token && place.to === to ? sum + place.amount : sum), 0n);
}

function sumOf(transfers: readonly TokenTransfer[]): bigint {
  return transfers.reduce((sum, { amount }) => sum + amount, 0n);
}
