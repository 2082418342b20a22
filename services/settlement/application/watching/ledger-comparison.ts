import type { ChainEffect } from '../../domain/chain-effect.ts';
import type { FinalClaim, FinalClaims } from './final-claims.ts';
import type { FinalEffects } from './final-effects.ts';
import { businessKeyOf, type EffectKey, type WatchedLog, type WatcherStore } from './watcher-store.ts';

export interface LedgerComparisonOptions {
  readonly chainId: string;
  /** The last block whose effects are compared: it is final for every contract. */
  readonly upTo: bigint;
  /** The same of what the ledger claims, which may have come further than a chain that went back; `upTo` when absent. */
  readonly claimedUpTo?: bigint;
  /** What a watcher keeps. It is only read, and may be at work. */
  readonly kept: WatcherStore;
  readonly ledger: Pick<FinalEffects, 'isOurs' | 'has'>;
  readonly claims: FinalClaims;
}

/** How what the ledger has as final differs from what stands for good in what is kept. */
export interface LedgerFinding {
  /** Effects of our providers. */
  readonly compared: number;
  /** The ledger was told, and does not have them as final, in whatever block. */
  readonly forgotten: readonly ChainEffect[];
  /** The ledger has them as final, and nothing that stands says so. */
  readonly unfounded: readonly FinalClaim[];
  /** Not final in the ledger either, which has not heard the end of them. */
  readonly waiting: number;
}

/** Streams that are read at once. */
const atOnce = 16;

/**
 * Holds the streams of the ledger against what a watcher keeps of a chain: what was told may be lost with the last events of a store, and the
 * watcher would never tell it again by itself.
 */
export async function compareWithLedger({
  chainId,
  upTo,
  claimedUpTo = upTo,
  kept,
  ledger,
  claims,
}: LedgerComparisonOptions): Promise<LedgerFinding> {
  let compared = 0;
  const missing: ChainEffect[] = [];
  for await (const effects of inBatches(oursOf(kept.standing(chainId, upTo), ledger))) {
    compared += effects.length;
    missing.push(...(await notFinal(effects, ledger)));
  }
  const absent: FinalClaim[] = [];
  for await (const page of claims.pages(chainId, claimedUpTo)) absent.push(...(await kept.absent(chainId, page)));
  // Asked for afterwards: what was told meanwhile is final by now, and what was not is still to be told.
  const untold = new Set((await kept.deliveries(chainId)).map(({ effect }) => businessKeyOf(effect)));
  const isTold = (effect: EffectKey) => !untold.has(businessKeyOf(effect));
  const told = missing.filter(isTold);
  const lost = absent.filter(isTold);
  // A read model may be behind its streams.
  const taken = new Set(await notFinal(lost, ledger));
  return {
    compared,
    forgotten: await notFinal(told, ledger),
    unfounded: lost.filter((claim) => !taken.has(claim)),
    waiting: missing.length - told.length,
  };
}

async function notFinal<Effect extends EffectKey>(
  effects: readonly Effect[],
  ledger: Pick<FinalEffects, 'isOurs' | 'has'>,
): Promise<Effect[]> {
  const answers: boolean[] = [];
  for (let from = 0; from < effects.length; from += atOnce)
    answers.push(...(await Promise.all(effects.slice(from, from + atOnce).map((effect) => ledger.has(effect)))));
  return effects.filter((_, index) => answers[index] === false);
}

async function* oursOf(logs: AsyncIterable<WatchedLog>, ledger: Pick<FinalEffects, 'isOurs' | 'has'>): AsyncIterable<ChainEffect> {
  for await (const log of logs) if (log.providerId !== undefined && ledger.isOurs(log.providerId)) yield log;
}

async function* inBatches(effects: AsyncIterable<ChainEffect>): AsyncIterable<ChainEffect[]> {
  let batch: ChainEffect[] = [];
  for await (const effect of effects) {
    batch.push(effect);
    if (batch.length < atOnce) continue;
    yield batch;
    batch = [];
  }
  yield batch;
}
