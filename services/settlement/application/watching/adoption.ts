import { createHash } from 'node:crypto';
import { type ChainEffect, observationKey, settlementId } from '../../domain/chain-effect.ts';
import { isOnlyRecorded } from '../../domain/settlement.decider.ts';
import type { FinalEffects } from './final-effects.ts';
import { foundLate, LateLogs } from './late-logs.ts';
import { nativeToken } from '../settlement-chain.ts';
import type { LedgerFinding } from './ledger-comparison.ts';
import type { ShadowFinding } from './shadow-resync.ts';
import { CheckpointMovedFault, NodesBehindLedgerFault } from './watcher-faults.ts';
import {
  type Adoption,
  type EffectKey,
  isSameSaying,
  placeKeyOf,
  type WatchedLog,
  type WatcherStore,
  type Withdrawable,
} from './watcher-store.ts';

/** What an operator decides on, before anything is adopted. */
export interface PlannedAdoption {
  /** What the ledger has as final, and the chain does not show, also not in another place. */
  readonly reversed: readonly ChainEffect[];
  /** What stands and the ledger was told, and it does not have: that takes nobody's decision. */
  readonly forgotten: readonly ChainEffect[];
  /** Of exactly these: whoever names it has seen them. */
  readonly digest: string;
  /**
   * One transaction; the ledger hears of it by the looks that follow. `reason` is why what is final is taken back; without one there must be
   * none of it. Throws `CheckpointMovedFault` when a watcher moved on meanwhile.
   */
  adopt(reason?: string): Promise<void>;
}

/**
 * Makes what is kept what the chain shows, up to the last final block of a finding that went to the end; what was observed behind that is seen
 * anew. The ledger says what is final, and not the table: between the two a process may have ended. What the table has lost, and the ledger, is
 * part of it: `inLedger` says that. Throws `NodesBehindLedgerFault` while the ledger has something as final behind the last final block of the nodes.
 */
export async function planAdoption(
  finding: ShadowFinding,
  kept: WatcherStore,
  ledger: FinalEffects,
  inLedger: Pick<LedgerFinding, 'forgotten' | 'unfounded'>,
): Promise<PlannedAdoption> {
  const { chainId, upTo, differences, cursors, coins } = finding;
  if (cursors.shadow.some(({ finalized }) => finalized.number !== upTo))
    throw new CheckpointMovedFault('The chain went on while it was read: repeat the command.');
  const found = differences.flatMap((difference) => ('shown' in difference ? [difference.shown] : []));
  const withdrawn = differences.flatMap((difference) => ('kept' in difference ? [difference.kept] : []));
  const goneCoins = coins?.gone ?? [];
  withdrawn.push(...goneCoins);
  found.push(...(coins?.shown ?? []));
  // What a log that was left out accounts for was never a stray: nobody has lost it. The shadow has read the transfers again, and no coins.
  const late = found.filter(({ module }) => module !== 'token');
  const corrected = await new LateLogs(chainId, kept).corrections(late, new Set(goneCoins.map(placeKeyOf)));
  const explained = new Set(corrected.withdrawn.map(placeKeyOf));
  found.push(...corrected.left.filter(({ contract }) => contract === nativeToken));
  const rows = await kept.withdrawable(chainId, cursors.shadow, [...withdrawn, ...corrected.withdrawn]);
  const sorted = await sort(rows, found, { ledger, explained });
  const unfounded = await unfoundedIn(inLedger.unfounded, { finding, ledger });
  const reversed = [...sorted.reversed.map(({ log }) => log as ChainEffect), ...unfounded.filter((effect) => !isOnlyRecorded(effect))];
  assertReached(upTo, reversed);
  const gone = new Set(rows.map(({ log }) => placeKeyOf(log)));
  const forgotten = inLedger.forgotten.filter((effect) => !gone.has(placeKeyOf(effect)));
  return {
    ...{ reversed, forgotten, digest: digestOf(reversed) },
    adopt: async (reason) => {
      if (reversed.length > 0 && reason === undefined) throw new RangeError('Nobody has decided to take back what is final.');
      const reasonOf = ({ log }: Withdrawable) => (explained.has(placeKeyOf(log)) ? foundLate : undefined);
      const lost = [
        ...sorted.lost.map((row) => ({ id: row.id, reason: reasonOf(row) })),
        ...sorted.reversed.map(({ id }) => ({ id, reason })),
      ];
      const { undone, heard } = sorted;
      const claimed = unfounded.map((effect) => ({ effect, reason: isOnlyRecorded(effect) ? undefined : reason }));
      await kept.adopt({
        chainId,
        from: cursors.kept,
        to: cursors.shadow,
        lost,
        undone,
        found,
        heard,
        unfounded: claimed,
        forgotten,
        ...setBackTo(coins),
      });
    },
  };
}

/** Where something stands behind the block, all transactions are read up to the next comparison. */
function setBackTo(coins: ShadowFinding['coins']): Pick<Adoption, 'coins'> {
  if (coins === undefined) return {};
  const { at, balances = [], isToBeRead } = coins;
  const from = at.number + 1n;
  return { coins: { at, balances, reading: isToBeRead ? { from, hash: at.hash, next: from, found: [] } : undefined } };
}

interface Sorted {
  /** The ledger takes it back as with any reorganisation. */
  readonly lost: readonly Withdrawable[];
  readonly undone: Adoption['undone'];
  readonly heard: Adoption['heard'];
  readonly reversed: readonly Withdrawable[];
}

async function sort(
  rows: readonly Withdrawable[],
  found: readonly WatchedLog[],
  { ledger, explained }: { readonly ledger: FinalEffects; readonly explained: ReadonlySet<string> },
): Promise<Sorted> {
  const [lost, undone, heard, reversed]: [Withdrawable[], bigint[], WatchedLog[], Withdrawable[]] = [[], [], [], []];
  const left = new Set(found);
  for (const row of rows) {
    const { id, log } = row;
    if (log.providerId === undefined) undone.push(id);
    else if (!(await ledger.has(log))) lost.push(row);
    else {
      const shown = [...left].find((candidate) => isSameSaying(candidate, log));
      if (shown !== undefined) {
        left.delete(shown);
        heard.push(shown);
        undone.push(id);
      } else if (isOnlyRecorded(log) || explained.has(placeKeyOf(log))) lost.push(row);
      else reversed.push(row);
    }
  }
  return { lost, undone, heard, reversed };
}

/**
 * Of what the ledger has as final and nothing that is kept says, what the chain does not show either. What it shows is found by the same command, and is
 * nothing new to the ledger. Contracts that were not read again, and coins, are left alone: nobody can tell.
 */
async function unfoundedIn(
  claims: readonly EffectKey[],
  { finding: { cursors, differences }, ledger }: { readonly finding: ShadowFinding; readonly ledger: FinalEffects },
): Promise<readonly ChainEffect[]> {
  const known = new Set(cursors.shadow.map(({ address }) => address));
  const shown = differences.flatMap((difference) => ('shown' in difference ? [difference.shown] : []));
  const unfounded: ChainEffect[] = [];
  for (const claim of claims) {
    const effect = await ledger.seen(claim);
    if (effect === undefined || effect.contract === nativeToken) continue;
    const isRead = known.has(effect.contract) || effect.module === 'credit';
    if (isRead && !shown.some((log) => isSameSaying(log, effect))) unfounded.push(effect);
  }
  return unfounded;
}

/** Nodes that are new, or behind, would have what they cannot show yet taken for lost. */
function assertReached(upTo: bigint, reversed: readonly ChainEffect[]): void {
  const ahead = reversed.find(({ block }) => BigInt(block.number) > upTo);
  if (ahead === undefined) return;
  const what = `${settlementId(ahead)} as final in block ${ahead.block.number}`;
  throw new NodesBehindLedgerFault(
    `The ledger has ${what}, and the nodes show final blocks up to ${upTo} only: repeat the command once they have come as far.`,
  );
}

function digestOf(effects: readonly ChainEffect[]): string {
  const lines = effects.map((effect) => `${effect.providerId} ${settlementId(effect)} ${observationKey(effect)}`).toSorted();
  return createHash('sha256').update(lines.join('\n')).digest('hex').slice(0, 16);
}
