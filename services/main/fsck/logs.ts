import type { Pool } from 'pg';
import { setTimeout as sleep } from 'node:timers/promises';
import type { EventStore } from '../../event-store/domain/event-store.ts';
import { PostgresLogRegistry } from '../../integrity/adapters/postgres/postgres.log-registry.ts';
import type { DiscoveredLogs } from '../../integrity/application/discovered-logs.ts';
import type { ProviderLog } from '../../integrity/application/provider-logs.ts';
import { check, type Difference, Part, type PartReport } from './part.ts';

export interface LogsToCheck {
  readonly store: EventStore;
  readonly pool: Pool;
  /** Found in the event store itself. */
  readonly logs: DiscoveredLogs;
  readonly provider: string | undefined;
}

/** A service that has just met a new key or policy may not have written it down yet. */
const settleMs = 2_000;

/** What the service remembers of its logs against the event store, and that nothing is kept of a log that no event opened. */
export function checkLogs({ store, pool, logs, provider }: LogsToCheck): Promise<PartReport[]> {
  const part = new Part('logs');
  return check([part], async () => {
    const look = async () =>
      (await rememberedDifference({ store, pool, logs, provider })) ?? (await orphanedTree({ pool, logs, provider }));
    let difference = await look();
    if (difference !== undefined) {
      await sleep(settleMs);
      difference = await look();
    }
    if (difference !== undefined) part.differs(difference);
    part.figures['logs'] = logs.known().filter(({ slug }) => provider === undefined || slug === provider).length;
  });
}

async function rememberedDifference({ store, pool, logs, provider }: LogsToCheck): Promise<Difference | undefined> {
  const { storeId } = await store.head();
  const { logs: remembered } = await new PostgresLogRegistry(pool).load(storeId);
  for (const row of remembered) {
    if (provider !== undefined && row.slug !== provider) continue;
    const known = logs.known().find(({ slug }) => slug === row.slug);
    if (known === undefined) return { message: 'no event opens the log', at: { table: 'integrity_log', key: row.slug } };
    const [found, expected] = [columnsOf(row), columnsOf(known)];
    const column = Object.keys(expected).find((name) => found[name] !== expected[name]);
    if (column === undefined) continue;
    const at = { table: 'integrity_log', key: row.slug, column };
    return { message: 'what is remembered of the log is not what its events say', at, expected: expected[column], found: found[column] };
  }
  return undefined;
}

function columnsOf({ origin, genesisHash, vkey, vkeys, genesisPosition, policy }: ProviderLog): Readonly<Record<string, string>> {
  return {
    ...{ origin, genesis_hash: genesisHash, genesis_position: genesisPosition.toString(), vkey, vkeys: vkeys.join(' ') },
    policy: JSON.stringify(policy),
  };
}

/** What stands before a `/` names the provider, and what stands behind it which of the provider's logs. */
async function orphanedTree({ pool, logs, provider }: Omit<LogsToCheck, 'store'>): Promise<Difference | undefined> {
  const { rows } = await pool.query<{ log: string }>('select log from integrity_tree where size > 0 order by log');
  const known = new Set(logs.known().map(({ slug }) => slug));
  const orphan = rows.find(({ log }) => {
    const [slug = ''] = log.split('/');
    return !known.has(slug) && (provider === undefined || slug === provider);
  });
  return orphan && { message: 'there is a tree, and no event opens its log', at: { table: 'integrity_tree', key: orphan.log } };
}
