import { parseArgs } from 'node:util';
import type { Pool } from 'pg';
import { createPool } from '../../read-store/pool.ts';
import type { SettlementChain } from '../../settlement/application/settlement-chain.ts';
import { openEngines } from '../embedded/engines.ts';
import { lastDataFolder } from '../embedded/last-data-folder.ts';
import { type Environment, readSettings } from '../settings.ts';
import { SettingsFault } from '../settings-fault.ts';
import { lift } from './lift.ts';
import { reconcile } from './reconcile.ts';
import { adopt, resync } from './resync.ts';

/** What an action works on. */
export interface WatchedPlace {
  readonly chain: SettlementChain;
  readonly pool: Pool;
  readonly databaseUrl: string;
}

/** Who decides, and why: it is kept. */
export interface Decided {
  readonly by: string;
  readonly reason: string;
}

const usage =
  'settlement takes one of: resync --chain <id>, adopt --chain <id> --by <name> --reason <text>, lift --chain <id> --by <name> --reason <text>; ' +
  'reconcile [--provider <slug>]; each with [--data <folder>], and with SETTLEMENT_CHAINS as the service has it.';

/** `settlement ...`: what an operator does with a chain that the watcher follows (docs/reference/settlement-watcher.md). */
export async function runSettlement([action = '', ...args]: readonly string[], environment: Environment): Promise<number> {
  if (action === 'reconcile') return reconcile(args, environment);
  const { data, chain: chainId, by = '', reason = '' } = optionsIn(args);
  const decided = by !== '' && reason !== '' ? { by, reason } : undefined;
  const run = workOf(action, decided);
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
    return await run({ chain, pool, databaseUrl: engines.databaseUrl });
  } finally {
    await pool.end();
    await engines.stop();
  }
}

/** Undefined where it is not clear who decides what. */
function workOf(action: string, decided: Decided | undefined): ((place: WatchedPlace) => Promise<number>) | undefined {
  if (action === 'resync' && decided === undefined) return resync;
  if (decided === undefined) return undefined;
  if (action === 'adopt') return (place) => adopt(place, decided);
  return action === 'lift' ? (place) => lift(place, decided) : undefined;
}

function optionsIn(args: readonly string[]) {
  const text = { type: 'string' } as const;
  try {
    const options = { data: text, chain: text, by: text, reason: text } as const;
    return parseArgs({ args: [...args], options }).values;
  } catch (error) {
    throw new SettingsFault((error as Error).message);
  }
}
