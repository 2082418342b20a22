import { ProjectedFinalClaims } from '../../../projections/settlements/projected.final-claims.ts';
import { systemClock } from '../../commands/application/clock.ts';
import { PostgresWatcherStore } from '../../settlement/adapters/postgres/postgres.watcher-store.ts';
import { compareWithLedger, type LedgerFinding } from '../../settlement/application/watching/ledger-comparison.ts';
import { openShadowStore } from '../../settlement/adapters/postgres/shadow-store.ts';
import { watchDefaults } from '../../settlement/application/watching/chain-watch.ts';
import { resyncIntoShadow, type ShadowFinding } from '../../settlement/application/watching/shadow-resync.ts';
import { businessKeyOf } from '../../settlement/application/watching/watcher-store.ts';
import { readingOf } from '../../settlement/watching.ts';
import type { WatchedPlace } from './settlement-command.ts';
import { withFinalEffects } from './with-final-effects.ts';

/** As of fsck. */
export const exitCodes = { same: 0, differs: 1, 'could not compare': 2 } as const;

/**
 * `settlement resync`: reads the chain again from its first block and prints how what is kept of it differs, and what of that the ledger does not
 * have.
 */
export function resync(place: WatchedPlace): Promise<number> {
  return orExitCode(async () => {
    const finding = await readAgain(place, false);
    print(linesOf(finding));
    const { chainId, upTo, differences } = finding;
    const kept = new PostgresWatcherStore(place.pool);
    const claims = new ProjectedFinalClaims(place.pool);
    const inLedger = await withFinalEffects(place, (ledger) => compareWithLedger({ chainId, upTo, kept, ledger, claims }));
    print(linesOfLedger(inLedger));
    const found = differences.length + inLedger.forgotten.length + inLedger.unfounded.length;
    if (found === 0) return exitCodes.same;
    print([`To mend it: settlement adopt --chain ${chainId} --by <name> --reason <text>. What the ledger would take back is named first.`]);
    return exitCodes.differs;
  });
}

/** Not 1, with which any other failure of a command ends: that says that something differs. */
export async function orExitCode(work: () => Promise<number>): Promise<number> {
  try {
    return await work();
  } catch (error) {
    process.stderr.write(`tallyroot: could not compare: ${error instanceof Error ? error.message : String(error)}\n`);
    return exitCodes['could not compare'];
  }
}

/** `isToTheEnd`: for what is to be adopted. */
export async function readAgain({ chain, pool, engines }: WatchedPlace, isToTheEnd: boolean): Promise<ShadowFinding> {
  const shadow = await openShadowStore(engines.databaseUrl);
  try {
    return await resyncIntoShadow({
      ...{ chain, ...readingOf(chain), clock: systemClock, settings: watchDefaults },
      ...{ kept: new PostgresWatcherStore(pool), shadow: shadow.store, isToTheEnd },
      onProgress: (finalized) => process.stderr.write(`block ${finalized}\n`),
    });
  } finally {
    await shadow.close();
  }
}

export function linesOf({ chainId, upTo, compared, differences, coins }: ShadowFinding): string[] {
  const lines = differences.map((difference) => {
    const { block, tx } = difference.kind === 'foreign' ? difference.kept : difference.shown;
    return `${difference.kind.padEnd(10)}${difference.key}  block ${block.number}  ${tx}`;
  });
  const told = differences.length === 0 ? 'what is kept is the same' : `${differences.length} differ in what is kept`;
  return [...lines, `Chain ${chainId} shows ${compared} logs up to block ${upTo}: ${told}.`, ...linesOfCoins(coins)];
}

function linesOfCoins(coins: ShadowFinding['coins']): string[] {
  if (coins === undefined) return [];
  const { at, balances, gone } = coins;
  const lines = [
    `Coins past the contracts were compared up to a block that is gone, and of what was told of them ${gone.length} stand in such blocks.`,
  ];
  if (balances !== undefined) return [...lines, `They are compared anew from block ${at.number} on.`];
  const missing = `Too few nodes know the state after block ${at.number}: coins between that and the next final block are not looked at again.`;
  return [...lines, `${missing} With nodes that know it they are.`];
}

function linesOfLedger({ compared, forgotten, unfounded, waiting }: LedgerFinding): string[] {
  const lines = forgotten.map((effect) => `forgotten ${businessKeyOf(effect)}  block ${effect.block.number}  ${effect.tx}`);
  const told = forgotten.length === 0 ? 'has all that it was told' : `does not have ${forgotten.length} that it was told`;
  lines.push(...unfounded.map((claim) => `unfounded ${businessKeyOf(claim)}  block ${claim.block}  ${claim.tx}`));
  if (unfounded.length > 0) lines.push(`The ledger has ${unfounded.length} as final that are not kept.`);
  return [...lines, `Of ${compared} effects of its providers the ledger ${told}, and ${waiting} wait to be told.`];
}

export function print(lines: readonly string[]): void {
  process.stdout.write(lines.map((line) => `${line}\n`).join(''));
}
