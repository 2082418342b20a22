import type { ChainEffect, EffectOf } from './chain-effect.ts';
import { zeroAddress } from './quote.ts';
import { type Explained, explainedBy } from './stray-transfers.ts';

/** A log of our contracts that was found after what moved with it had been told as a stray. */
export type LateLog = Pick<ChainEffect, 'block' | 'tx' | 'log'>;

/** A stray as it was told. */
export type Stray = ChainEffect & { readonly log: EffectOf<'Transfer'>['log'] | EffectOf<'NativeMoved'>['log'] };

export interface CorrectedStrays {
  /** They were never strays, or not as much as was told. */
  readonly withdrawn: readonly Stray[];
  /** What is left of them, at the same places. */
  readonly left: readonly Stray[];
}

/** Money is told once: what a late log accounts for was no stray, whichever way it was found. */
export function correctedStrays(late: readonly LateLog[], strays: readonly Stray[]): CorrectedStrays {
  const [withdrawn, left]: [Stray[], Stray[]] = [[], []];
  // A transfer between two providers is told to both, and each is right about it.
  for (const ofProvider of Map.groupBy(strays, ({ providerId }) => providerId).values()) {
    const unused = late.flatMap((found) => explainedBy(found.log).map((explained) => ({ ...explained, at: found })));
    for (const stray of ofProvider) {
      const told = signedAmount(stray);
      const rest = unused.reduce((amount, part, index) => {
        if (!isOf(stray, part)) return amount;
        // Coins of a range may have come and gone: there the whole counts. Of a transfer only what it moved.
        const used = stray.log.name === 'NativeMoved' ? part.amount : part.amount < amount ? part.amount : amount;
        unused[index] = { ...part, amount: part.amount - used };
        return amount - used;
      }, told);
      if (rest === told) continue;
      withdrawn.push(stray);
      if (rest !== 0n) left.push(withAmount(stray, rest));
    }
  }
  return { withdrawn, left };
}

export function isStray(effect: { readonly log: { readonly name: string } }): effect is Stray {
  return effect.log.name === 'Transfer' || effect.log.name === 'NativeMoved';
}

function isOf({ log, tx }: Stray, { token, to, at }: Explained & { readonly at: LateLog }): boolean {
  if (log.name === 'NativeMoved') {
    const number = BigInt(at.block.number);
    const isInRange = number >= BigInt(log.fromBlock) && number <= BigInt(log.toBlock);
    return isInRange && token === zeroAddress && to === log.address && log.cause === undefined;
  }
  if (log.token !== token || tx !== at.tx) return false;
  // A refund in coins is paid with the transaction that orders it, to the contract.
  return log.to === to || (token === zeroAddress && at.log.name === 'Refunded' && log.fromRole === 'refunder');
}

function signedAmount({ log }: Stray): bigint {
  return log.name === 'NativeMoved' && log.direction === 'out' ? -BigInt(log.amount) : BigInt(log.amount);
}

function withAmount(stray: Stray, rest: bigint): Stray {
  const amount = (rest < 0n ? -rest : rest).toString();
  const { log } = stray;
  const direction = rest < 0n ? ('out' as const) : ('in' as const);
  return { ...stray, log: log.name === 'NativeMoved' ? { ...log, direction, amount } : { ...log, amount } } as Stray;
}
