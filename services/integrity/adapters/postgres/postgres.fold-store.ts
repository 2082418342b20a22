import type { Pool, PoolClient } from 'pg';
import { type CarryOver, type FoldAdvance, FoldAheadFault, type FoldCheckpoint, type FoldStore } from '../../application/fold-store.ts';
import type { FoldedBalance } from '../../domain/committed-state.ts';
import type { FoldChanges, Turnover } from '../../domain/fold.ts';
import { inPoolTransaction } from '../../../read-store/pool-transaction.ts';

interface BalanceRow {
  readonly account: string;
  readonly currency: string;
  readonly balance: string;
  readonly leaf_index: bigint;
}

interface CheckpointRow {
  readonly size: bigint;
  readonly committed_revision: bigint;
}

/** Rows of `integrity_fold`, `integrity_balance` and `integrity_turnover`. */
export class PostgresFoldStore implements FoldStore {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  async advance({ log, uptoSize, changesFrom, commit }: FoldAdvance): Promise<bigint> {
    return inPoolTransaction(this.#pool, 'begin', async (client) => {
      // A second anchorer waits here, whether or not the log has a row yet.
      await client.query(`select pg_advisory_xact_lock(hashtextextended('tallyroot fold ' || $1, 0))`, [log]);
      const sizeBefore = (await readCheckpoint(client, log))?.uptoSize ?? 0n;
      if (sizeBefore > uptoSize) throw new FoldAheadFault(`${log} is folded up to ${sizeBefore} leaves, beyond ${uptoSize}.`);
      const touched = new Map<string, FoldedBalance>();
      for await (const changes of sizeBefore < uptoSize ? changesFrom(sizeBefore) : []) {
        for (const balance of await addChanges(client, log, changes)) touched.set(`${balance.currency} ${balance.account}`, balance);
      }
      const turnovers = await readTurnovers(client, log);
      const { stateRoot, revision } = await commit({ sizeBefore, touched: [...touched.values()], turnovers });
      await client.query(
        `insert into integrity_fold (log, size, state_root, committed_revision) values ($1, $2, $3, $4)
         on conflict (log) do update
           set size = excluded.size, state_root = excluded.state_root, committed_revision = excluded.committed_revision`,
        [log, uptoSize, stateRoot, revision],
      );
      return revision;
    });
  }

  async carryOver({ from, to, size, changesFrom }: CarryOver): Promise<void> {
    await inPoolTransaction(this.#pool, 'begin', async (client) => {
      const { rowCount } = await client.query('insert into integrity_carried (log) values ($1) on conflict do nothing', [to]);
      if (rowCount !== 1) return;
      for (const table of ['integrity_fold', 'integrity_balance', 'integrity_turnover'])
        await client.query(`delete from ${table} where log = $1`, [to]); // Derived, and derived again on top of what is carried over.
      const folded = (await readCheckpoint(client, from))?.uptoSize;
      const base = folded !== undefined && folded <= size ? folded : undefined;
      if (base !== undefined) {
        await client.query(
          `insert into integrity_balance (log, account, currency, balance, leaf_index)
           select $2, account, currency, balance, 0 from integrity_balance where log = $1`,
          [from, to],
        );
        await client.query(
          'insert into integrity_turnover (log, currency, debits, credits) select $2, currency, debits, credits from integrity_turnover where log = $1',
          [from, to],
        );
      }
      if (base === undefined || base < size) {
        for await (const changes of changesFrom(base)) {
          await addChanges(client, to, changes);
        }
      }
      await client.query('update integrity_balance set leaf_index = 0 where log = $1 and leaf_index <> 0', [to]);
    });
  }

  async checkpoint(log: string): Promise<FoldCheckpoint | undefined> {
    return readCheckpoint(this.#pool, log);
  }

  async balancesSince(log: string, fromLeaf: bigint): Promise<{ checkpoint: FoldCheckpoint | undefined; balances: FoldedBalance[] }> {
    return inPoolTransaction(this.#pool, 'begin isolation level repeatable read read only', async (client) => {
      const checkpoint = await readCheckpoint(client, log);
      const { rows } = await client.query<BalanceRow>(
        'select account, currency, balance, leaf_index from integrity_balance where log = $1 and leaf_index >= $2',
        [log, fromLeaf],
      );
      return { checkpoint, balances: rows.map(balanceOf) };
    });
  }

  async balance(log: string, account: string, currency: string): Promise<FoldedBalance | undefined> {
    const { rows } = await this.#pool.query<BalanceRow>({
      name: 'integrity-balance',
      text: 'select account, currency, balance, leaf_index from integrity_balance where log = $1 and account = $2 and currency = $3',
      values: [log, account, currency],
    });
    return rows[0] && balanceOf(rows[0]);
  }

  async firstLeaves(log: string, eventIds: readonly string[]): Promise<ReadonlyMap<string, bigint>> {
    const { rows } = await this.#pool.query<{ event_id: string; first: bigint }>({
      name: 'integrity-first-leaves',
      text: `
        select event_id, min(case when leaf.log = $1 then leaf_index else -1 end) as first
        from integrity_leaf as leaf
        where event_id = any($2::uuid[])
          and (log = $1 or exists (
            select from integrity_incarnation as ended
            left join integrity_incarnation as own on own.log = $1
            where ended.log = leaf.log and leaf.leaf_index < ended.size
              and (ended.slug = $1 or (ended.slug = own.slug and ended.number < own.number))
          ))
        group by event_id`,
      values: [log, eventIds],
    });
    return new Map(rows.map(({ event_id: id, first }) => [id, first]));
  }
}

async function readCheckpoint(client: Pool | PoolClient, log: string): Promise<FoldCheckpoint | undefined> {
  const { rows } = await client.query<CheckpointRow>('select size, committed_revision from integrity_fold where log = $1', [log]);
  return rows[0] && { uptoSize: rows[0].size, committedRevision: rows[0].committed_revision };
}

/** Adds what leaves post to the rows of a log. Answers the balances that they post to, as they are now. Not atomic by itself. */
export async function addChanges(client: PoolClient, log: string, changes: FoldChanges): Promise<FoldedBalance[]> {
  const balances = await addBalances(client, log, changes);
  await addTurnovers(client, log, changes);
  return balances;
}

async function addBalances(client: PoolClient, log: string, changes: FoldChanges): Promise<FoldedBalance[]> {
  const balances = changes.balances();
  const { rows } = await client.query<BalanceRow>({
    name: 'integrity-add-balances',
    text: `
      insert into integrity_balance as held (log, account, currency, balance, leaf_index)
      select $1, account, currency, change, leaf_index
      from unnest($2::text[], $3::text[], $4::numeric[], $5::bigint[]) as posted (account, currency, change, leaf_index)
      on conflict (log, account, currency) do update
        set balance = held.balance + excluded.balance, leaf_index = excluded.leaf_index
      returning account, currency, balance, leaf_index`,
    values: [
      log,
      balances.map(({ account }) => account),
      balances.map(({ currency }) => currency),
      balances.map(({ change }) => change.toString()),
      balances.map(({ leaf }) => leaf),
    ],
  });
  return rows.map(balanceOf);
}

async function addTurnovers(client: PoolClient, log: string, changes: FoldChanges): Promise<void> {
  for (const [currency, { debits, credits }] of changes.turnovers()) {
    await client.query(
      `insert into integrity_turnover as held (log, currency, debits, credits) values ($1, $2, $3, $4)
       on conflict (log, currency) do update set debits = held.debits + excluded.debits, credits = held.credits + excluded.credits`,
      [log, currency, debits, credits],
    );
  }
}

async function readTurnovers(client: PoolClient, log: string): Promise<Map<string, Turnover>> {
  const { rows } = await client.query<{ currency: string; debits: string; credits: string }>(
    'select currency, debits, credits from integrity_turnover where log = $1',
    [log],
  );
  return new Map(rows.map(({ currency, debits, credits }) => [currency, { debits: BigInt(debits), credits: BigInt(credits) }]));
}

function balanceOf({ account, currency, balance, leaf_index: leaf }: BalanceRow): FoldedBalance {
  return { account, currency, balance: BigInt(balance), leaf };
}
