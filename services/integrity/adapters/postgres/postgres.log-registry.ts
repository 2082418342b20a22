import type { Pool } from 'pg';
import { earlierKey, incarnationsOf, numberOf, partsOfKey } from '../../application/incarnations.ts';
import type { LogRegistry, RegistryState } from '../../application/log-registry.ts';
import type { ProviderLog } from '../../application/provider-logs.ts';
import type { LogPolicy } from '../../domain/log-policy.ts';
import { inPoolTransaction } from '../../../read-store/pool-transaction.ts';

interface LogRow {
  /** Of the newest incarnation; the key of an earlier one. */
  readonly slug: string;
  readonly origin: string;
  readonly genesis_hash: string;
  readonly vkey: string;
  /** Joined by spaces. */
  readonly vkeys: string;
  readonly genesis_position: bigint;
  readonly policy: string;
}

/** Rows of `integrity_log`, valid for the store that `integrity_discovery` names. */
export class PostgresLogRegistry implements LogRegistry {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  async load(storeId: string): Promise<RegistryState> {
    return inPoolTransaction(this.#pool, 'begin isolation level repeatable read read only', async (client) => {
      const { rows } = await client.query<{ position: bigint }>('select position from integrity_discovery where store_id = $1', [storeId]);
      if (rows[0] === undefined) return { logs: [], position: undefined };
      const logs = await client.query<LogRow>('select * from integrity_log');
      return { logs: logsOf(logs.rows), position: rows[0].position };
    });
  }

  async save(storeId: string, { logs, position }: RegistryState): Promise<void> {
    await inPoolTransaction(this.#pool, 'begin', async (client) => {
      await client.query('set local synchronous_commit = off'); // Derived: what is lost is found again.
      // A store that was set back may know fewer incarnations.
      for (const { slug } of logs) await client.query(`delete from integrity_log where slug like $1 || '/%'`, [slug]);
      for (const { origin, genesisHash, vkey, vkeys, genesisPosition, policy, key } of logs.flatMap(keyed)) {
        await client.query(
          `insert into integrity_log (slug, origin, genesis_hash, vkey, genesis_position, policy, vkeys)
           values ($1, $2, $3, $4, $5, $6, $7)
           on conflict (slug) do update set
             origin = excluded.origin, genesis_hash = excluded.genesis_hash, vkey = excluded.vkey,
             genesis_position = excluded.genesis_position, policy = excluded.policy, vkeys = excluded.vkeys`,
          [key, origin, genesisHash, vkey, genesisPosition, JSON.stringify(policy), vkeys.join(' ')],
        );
      }
      await client.query(
        `insert into integrity_discovery as discovery (store_id, position) values ($1, $2)
         on conflict (store_id) do update set position = greatest(discovery.position, excluded.position)`,
        [storeId, position ?? 0n],
      );
    });
  }
}

/** Every incarnation of a log with the key of its row. */
function keyed(log: ProviderLog): (ProviderLog & { readonly key: string })[] {
  const key = (incarnation: ProviderLog) => (incarnation === log ? log.slug : earlierKey(log.slug, numberOf(incarnation)));
  return incarnationsOf(log).map((incarnation) => ({ ...incarnation, key: key(incarnation) }));
}

function logsOf(rows: readonly LogRow[]): ProviderLog[] {
  const newestLast = rows.toSorted((left, right) => placeOf(left) - placeOf(right));
  const logs = new Map<string, ProviderLog>();
  for (const row of newestLast) {
    const { slug } = partsOfKey(row.slug);
    const superseded = logs.get(slug);
    logs.set(slug, { ...logOfRow(slug, row), ...(superseded && { superseded }) });
  }
  return [...logs.values()];
}

function placeOf({ slug }: LogRow): number {
  return partsOfKey(slug).number ?? Number.MAX_SAFE_INTEGER;
}

function logOfRow(slug: string, row: LogRow): ProviderLog {
  const { origin, genesis_hash: genesisHash, vkey, vkeys, genesis_position: genesisPosition, policy } = row;
  const [first = vkey, ...later] = vkeys.split(' ');
  return { slug, origin, genesisHash, vkey, vkeys: [first, ...later], genesisPosition, policy: JSON.parse(policy) as LogPolicy };
}
