import { parseArgs } from 'node:util';
import type { Pool } from 'pg';
import { createPool } from '../../read-store/pool.ts';
import type { SettlementChain } from '../../settlement/application/settlement-chain.ts';
import { type Engines, openEngines } from '../embedded/engines.ts';
import { lastDataFolder } from '../embedded/last-data-folder.ts';
import { type Environment, readSettings } from '../settings.ts';
import { SettingsFault } from '../settings-fault.ts';
import { collecting, collectingUsage } from './collecting.ts';
import { lift } from './lift.ts';
import { reconcile } from './reconcile.ts';
import { adopt } from './adopt.ts';
import { resync } from './resync.ts';
import { undo, undoingUsage } from './undoing.ts';

/** What an action works on. */
export interface WatchedPlace {
  readonly chain: SettlementChain;
  readonly pool: Pool;
  readonly engines: Pick<Engines, 'databaseUrl' | 'eventStoreUrl'>;
}

/** Who decides, and why: it is kept. */
export interface Decided {
  readonly by: string;
  readonly reason: string;
}

const usage =
  'settlement takes one of: resync --chain <id>, adopt --chain <id> --by <name> --reason <text> [--reverse <digest>], lift --chain <id> --by <name> --reason <text>; ' +
  `reconcile [--provider <slug>], ${undoingUsage}; ${collectingUsage}; each with [--data <folder>], and with SETTLEMENT_CHAINS as the service has it.`;

/** `settlement ...`: what an operator does with a chain that the watcher follows (docs/reference/settlement-watcher.md). */
export async function runSettlement([action = '', ...args]: readonly string[], environment: Environment): Promise<number> {
  if (action === 'reconcile') return reconcile(args, environment);
  if (action === 'undo') return undo(args, environment);
  const collect = collecting.get(action);
  if (collect !== undefined) return collect(args, environment);
  const { data, chain: chainId, by = '', reason = '', reverse } = optionsIn(args);
  const decided = by !== '' && reason !== '' ? { by, reason } : undefined;
  const run = workOf(action, decided, reverse);
  if (run === undefined) throw new SettingsFault(usage);
  const settings = readSettings(data === undefined ? [] : ['--data', data], environment, lastDataFolder());
  const chain = settings.settlementChains.find((known) => known.chainId === chainId);
  if (chain === undefined) {
    const known = settings.settlementChains.map((each) => each.chainId).join(', ');
    throw new SettingsFault(`--chain takes one of the chains that SETTLEMENT_CHAINS names: ${known === '' ? 'there is none' : known}.`);
  }
  const engines = await openEngines({ ...settings, chain: { kind: 'none' } }, (text) => process.stderr.write(`${text}\n`));
  const pool = createPool({ url: engines.databaseUrl, connectionsMax: 4 });
  try {
    return await run({ chain, pool, engines });
  } finally {
    await pool.end();
    await engines.stop();
  }
}

/** Undefined where it is not clear who decides what. */
function workOf(
  action: string,
  decided: Decided | undefined,
  reverse: string | undefined,
): ((place: WatchedPlace) => Promise<number>) | undefined {
  if (action === 'adopt' && decided !== undefined) return (place) => adopt(place, { ...decided, reverse });
  if (reverse !== undefined) return undefined;
  if (action === 'resync' && decided === undefined) return resync;
  if (decided === undefined) return undefined;
  return action === 'lift' ? (place) => lift(place, decided) : undefined;
}

function optionsIn(args: readonly string[]) {
  const text = { type: 'string' } as const;
  try {
    const options = { data: text, chain: text, by: text, reason: text, reverse: text } as const;
    return parseArgs({ args: [...args], options }).values;
  } catch (error) {
    throw new SettingsFault((error as Error).message);
  }
}
