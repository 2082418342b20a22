import { ProjectedFinalClaims } from '../../../projections/settlements/projected.final-claims.ts';
import { PostgresWatcherHalts } from '../../settlement/adapters/postgres/postgres.watcher-halts.ts';
import { PostgresWatcherStore } from '../../settlement/adapters/postgres/postgres.watcher-store.ts';
import { type PlannedAdoption, planAdoption } from '../../settlement/application/watching/adoption.ts';
import { compareWithLedger } from '../../settlement/application/watching/ledger-comparison.ts';
import type { ShadowFinding } from '../../settlement/application/watching/shadow-resync.ts';
import { settlementId } from '../../settlement/domain/chain-effect.ts';
import { EngineFault } from '../embedded/engine-fault.ts';
import { lift } from './lift.ts';
import { exitCodes, linesOf, orExitCode, print, readAgain } from './resync.ts';
import type { Decided, WatchedPlace } from './settlement-command.ts';
import { underChainLock } from './under-chain-lock.ts';
import { withFinalEffects } from './with-final-effects.ts';

/**
 * `settlement adopt`: reads the chain again, and what is kept becomes what it shows. The chain is halted meanwhile, and goes on from there. What
 * the ledger has as final is taken back only for an operator who names exactly that, by its digest.
 */
export function adopt(place: WatchedPlace, decided: Decided & { readonly reverse: string | undefined }): Promise<number> {
  return orExitCode(async () => {
    const { chain, pool } = place;
    await halt(place, decided);
    const isAdopted = await underChainLock({ pool, chainId: chain.chainId }, async (isHeld) => {
      const finding = await readAgain(place, true);
      print(linesOf(finding));
      const plan = await planned(place, finding);
      if (plan.reversed.length > 0 && plan.digest !== decided.reverse) return tellUndecided(plan, decided.reverse);
      if (!isHeld()) throw new EngineFault('The connection that kept watchers away is gone: repeat the command.');
      await plan.adopt(decided.reason);
      print([
        `Adopted, as the chain shows it up to block ${finding.upTo}.`,
        ...(plan.reversed.length > 0 ? [`The ledger takes back ${plan.reversed.length} that it has as final.`] : []),
        ...(plan.forgotten.length > 0 ? [`The ledger is told again of ${plan.forgotten.length} that it has lost.`] : []),
      ]);
      return true;
    });
    return isAdopted ? lift(place, decided) : exitCodes.differs;
  });
}

const everyBlock = 2n ** 63n - 1n;

/** A watcher at work would move the checkpoints that are compared. */
function halt({ chain: { chainId }, pool }: WatchedPlace, { by, reason }: Decided): Promise<void> {
  const message = `${by} adopts what the chain shows: ${reason}`;
  return new PostgresWatcherHalts(pool).raise({ chainId, code: 'operator_halt', message, raisedAt: new Date() });
}

function planned(place: WatchedPlace, finding: ShadowFinding): Promise<PlannedAdoption> {
  const { chainId, cursors } = finding;
  const kept = new PostgresWatcherStore(place.pool);
  // Behind its own checkpoints a watcher has told of nothing as final.
  const upTo = cursors.kept.reduce((least, { finalized }) => (finalized.number < least ? finalized.number : least), finding.upTo);
  return withFinalEffects(place, async (ledger) => {
    const inLedger = await compareWithLedger({
      ...{ chainId, upTo, claimedUpTo: everyBlock, kept, ledger },
      claims: new ProjectedFinalClaims(place.pool),
    });
    return planAdoption(finding, kept, ledger, inLedger);
  });
}

function tellUndecided({ reversed, digest }: PlannedAdoption, given: string | undefined): false {
  print([
    given === undefined
      ? 'Nothing was adopted, and the chain stays halted: the ledger has as final what the chain does not show (any more).'
      : `Nothing was adopted, and the chain stays halted: ${given} is not what the ledger has as final and the chain does not show by now.`,
    ...reversed.map((effect) => {
      const { log, block, tx, providerId } = effect;
      return `  ${log.name} of provider ${providerId}  ${settlementId(effect)}  block ${block.number}  ${tx}`;
    }),
    `To take these ${reversed.length} back in the ledger, repeat the command with --reverse ${digest}.`,
  ]);
  return false;
}
