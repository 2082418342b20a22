import { systemClock } from '../../commands/application/clock.ts';
import { PostgresWatcherHalts } from '../../settlement/adapters/postgres/postgres.watcher-halts.ts';
import { PostgresWatcherStore } from '../../settlement/adapters/postgres/postgres.watcher-store.ts';
import { openShadowStore } from '../../settlement/adapters/postgres/shadow-store.ts';
import { watchDefaults } from '../../settlement/application/chain-watch.ts';
import { adoptFinding, resyncIntoShadow, type ShadowFinding } from '../../settlement/application/shadow-resync.ts';
import type { WatchedLog } from '../../settlement/application/watcher-store.ts';
import { readingOf } from '../../settlement/watching.ts';
import { lift } from './lift.ts';
import type { Decided, WatchedPlace } from './settlement-command.ts';

/** As of fsck. */
const exitCodes = { same: 0, differs: 1, 'could not compare': 2 } as const;

/** `settlement resync`: reads the chain again from its first block and prints how what is kept of it differs. */
export function resync(place: WatchedPlace): Promise<number> {
  return orExitCode(async () => {
    const finding = await read(place, false);
    print(linesOf(finding));
    return finding.differences.length === 0 ? exitCodes.same : exitCodes.differs;
  });
}

/** `settlement adopt`: the same, and what is kept becomes what the chain shows. The chain is halted meanwhile, and goes on from there. */
export function adopt(place: WatchedPlace, decided: Decided): Promise<number> {
  return orExitCode(async () => {
    await halt(place, decided);
    const finding = await read(place, true);
    print(linesOf(finding));
    const refused = await adoptFinding(finding, new PostgresWatcherStore(place.pool));
    if (refused.length > 0) return tellRefused(refused);
    print([`Adopted, as the chain shows it up to block ${finding.upTo}.`]);
    return lift(place, decided);
  });
}

/** Not 1, with which any other failure of a command ends: that says that something differs. */
async function orExitCode(work: () => Promise<number>): Promise<number> {
  try {
    return await work();
  } catch (error) {
    process.stderr.write(`tallyroot: could not compare: ${error instanceof Error ? error.message : String(error)}\n`);
    return exitCodes['could not compare'];
  }
}

/** A watcher at work would move the checkpoints that are compared. */
function halt({ chain: { chainId }, pool }: WatchedPlace, { by, reason }: Decided): Promise<void> {
  const message = `${by} adopts what the chain shows: ${reason}`;
  return new PostgresWatcherHalts(pool).raise({ chainId, code: 'operator_halt', message, raisedAt: new Date() });
}

async function read({ chain, pool, databaseUrl }: WatchedPlace, isToTheEnd: boolean): Promise<ShadowFinding> {
  const shadow = await openShadowStore(databaseUrl);
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

function linesOf({ chainId, upTo, compared, differences }: ShadowFinding): string[] {
  const lines = differences.map((difference) => {
    const { block, tx } = difference.kind === 'foreign' ? difference.kept : difference.shown;
    return `${difference.kind.padEnd(10)}${difference.key}  block ${block.number}  ${tx}`;
  });
  const told = differences.length === 0 ? 'what is kept is the same' : `${differences.length} differ in what is kept`;
  return [...lines, `Chain ${chainId} shows ${compared} logs up to block ${upTo}: ${told}.`];
}

function tellRefused(logs: readonly WatchedLog[]): number {
  print([
    'Nothing was adopted, and the chain stays halted: the ledger has as final what the chain does not show (any more).',
    ...logs.map(({ log, contract, effect, key, block, tx }) => `  ${log.name} ${contract} ${effect} ${key}  block ${block.number}  ${tx}`),
  ]);
  return exitCodes.differs;
}

function print(lines: readonly string[]): void {
  process.stdout.write(lines.map((line) => `${line}\n`).join(''));
}
