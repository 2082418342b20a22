import pg, { type Pool, type PoolClient } from 'pg';
import { inPoolTransaction } from '../../../read-store/pool-transaction.ts';
import type { ChainEffect, ChainModule } from '../../domain/chain-effect.ts';
import type { NativeTransaction } from '../../domain/native-moves.ts';
import { nativeToken } from '../../application/settlement-chain.ts';
import type { EffectStanding, MandateEnd } from '../../application/watching/settlement-ledger.ts';
import type { BlockRange } from '../../application/watching/watched-node.ts';
import { CheckpointMovedFault, WatcherAlarm } from '../../application/watching/watcher-faults.ts';
import {
  type CoinReading,
  type Adoption,
  type Checkpoint,
  confirmable,
  type Delivery,
  type EffectKey,
  type HeldCoins,
  mandateEndOf,
  type Lost,
  placeKeyOf,
  type WatchCursor,
  type WatchedLog,
  type WatcherStore,
  type WatchStep,
  type Withdrawable,
  type Word,
} from '../../application/watching/watcher-store.ts';

interface CursorRow {
  readonly contract: string;
  readonly module: ChainModule;
  readonly provider_id: string | null;
  readonly observed_number: bigint;
  readonly observed_hash: string;
  readonly finalized_number: bigint;
  readonly finalized_hash: string;
  readonly code_hash: string | null;
}

interface DeliveryRow {
  readonly id: bigint;
  readonly log: ChainEffect;
  readonly state: 'seen' | 'lost';
  readonly standing: EffectStanding | null;
  readonly reason: string | null;
}

const pageSize = 1_000;
const uniqueViolation = '23505';

/** Rows of `settlement_watch_*`. */
export class PostgresWatcherStore implements WatcherStore {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  async open(chainId: string, cursors: readonly WatchCursor[]): Promise<void> {
    await inPoolTransaction(this.#pool, 'begin', (client) => insertCursors(client, chainId, cursors));
  }

  async cursors(chainId: string): Promise<WatchCursor[]> {
    const { rows } = await this.#pool.query<CursorRow>('select * from settlement_watch_cursor where chain_id = $1 order by contract', [
      chainId,
    ]);
    return rows.map(cursorOf);
  }

  async pin(chainId: string, address: string, codeHash: string): Promise<void> {
    await this.#pool.query(
      'update settlement_watch_cursor set code_hash = $3 where chain_id = $1 and contract = $2 and code_hash is null',
      [chainId, address, codeHash],
    );
  }

  async unfinalBlocks(chainId: string, contract: string): Promise<Checkpoint[]> {
    const { rows } = await this.#pool.query<Checkpoint>(
      'select number, hash from settlement_watch_block where chain_id = $1 and contract = $2 order by number desc',
      [chainId, contract],
    );
    return rows;
  }

  async advance({ chainId, contracts, from, to, isFinal, logs, appeared, words, balances }: WatchStep): Promise<void> {
    await inPoolTransaction(this.#pool, 'begin', async (client) => {
      await move(client, { chainId, contracts, from, to });
      if (isFinal) await client.query(finaliseSql, [chainId, contracts, to.number, to.hash]);
      else await client.query(keepBlockSql, [chainId, contracts, to.number, to.hash]);
      await insertLogs(client, chainId, logs);
      await insertCursors(client, chainId, appeared);
      await insertWords(client, chainId, words);
      if (balances !== undefined) await replaceCoins(client, chainId, balances);
    });
  }

  async finalise(chainId: string, contracts: readonly string[], to: Checkpoint): Promise<void> {
    await inPoolTransaction(this.#pool, 'begin', async (client) => {
      const { rowCount } = await client.query(
        `select from settlement_watch_block where chain_id = $1 and contract = any($2) and number = $3 and hash = $4`,
        [chainId, contracts, to.number, to.hash],
      );
      if (rowCount !== contracts.length) throw movedFault(contracts);
      await client.query(finaliseSql, [chainId, contracts, to.number, to.hash]);
      await client.query('delete from settlement_watch_block where chain_id = $1 and contract = any($2) and number <= $3', [
        chainId,
        contracts,
        to.number,
      ]);
    });
  }

  async undo({ chainId, contracts, from, ancestor }: Lost): Promise<void> {
    await inPoolTransaction(this.#pool, 'begin', async (client) => {
      await move(client, { chainId, contracts, from, to: ancestor });
      const lost = [chainId, contracts, ancestor.number];
      await client.query('delete from settlement_watch_block where chain_id = $1 and contract = any($2) and number > $3', lost);
      const { rows } = await client.query<{ log: WatchedLog }>(
        `update settlement_watch_log set state = case when provider_id is null then 'undone' else 'lost' end
         where chain_id = $1 and contract = any($2) and block_number > $3 and state = 'seen' returning log`,
        lost,
      );
      await touchWords(
        client,
        chainId,
        rows.map(({ log }) => log),
      );
    });
  }

  async unknown(chainId: string, logs: readonly WatchedLog[]): Promise<WatchedLog[]> {
    const { rows } = await this.#pool.query<{ log: WatchedLog }>(
      `select log from settlement_watch_log where chain_id = $1 and state = 'seen' and block_hash = any($2)`,
      [chainId, [...new Set(logs.map(({ block }) => block.hash))]],
    );
    const known = new Set(rows.map(({ log }) => placeKeyOf(log)));
    return logs.filter((log) => !known.has(placeKeyOf(log)));
  }

  async absent<Asked extends EffectKey>(chainId: string, effects: readonly Asked[]): Promise<Asked[]> {
    const { rows } = await this.#pool.query<{ at: number }>(
      `select at::integer from unnest($2::text[], $3::numeric[], $4::text[], $5::text[]) with ordinality asked (contract, provider_id, effect, key, at)
       where not exists (select from settlement_watch_log kept
         where kept.chain_id = $1 and kept.contract = asked.contract and coalesce(kept.provider_id, -1) = asked.provider_id
           and kept.effect = asked.effect and kept.key = asked.key and kept.state = 'seen')`,
      [chainId, ...(['contract', 'providerId', 'effect', 'key'] as const).map((name) => effects.map((effect) => effect[name]))],
    );
    const absent = new Set(rows.map(({ at }) => at - 1));
    return effects.filter((_, index) => absent.has(index));
  }

  async withdrawable(chainId: string, to: readonly WatchCursor[], withdrawn: readonly WatchedLog[]): Promise<Withdrawable[]> {
    const { rows } = await this.#pool.query<Withdrawable & { readonly state: 'seen' | 'lost' }>(
      `select id, log, state from settlement_watch_log kept
       where chain_id = $1 and ((state = 'lost' and reason is null) or (state = 'seen' and (
         block_hash = any($2) or block_number > (select number from unnest($3::text[], $4::bigint[]) ends (contract, number)
           where ends.contract = kept.contract))))
       order by id`,
      [
        ...[chainId, withdrawn.map(({ block }) => block.hash)],
        ...[to.map(({ address }) => address), to.map(({ finalized }) => finalized.number.toString())],
      ],
    );
    const gone = new Set(withdrawn.map(placeKeyOf));
    const ends = new Map(to.map(({ address, finalized }) => [address, finalized.number]));
    const isBehind = ({ block, contract }: WatchedLog) => BigInt(block.number) > (ends.get(contract) ?? BigInt(block.number));
    return rows
      .filter(({ log, state }) => state === 'lost' || gone.has(placeKeyOf(log)) || isBehind(log))
      .map(({ id, log }) => ({ id, log }));
  }

  async adopt({ chainId, from, to, lost, undone, found, heard, unfounded, forgotten, coins }: Adoption): Promise<void> {
    await inPoolTransaction(this.#pool, 'begin', async (client) => {
      for (const { address, observed } of from) await move(client, { chainId, contracts: [address], from: observed, to: observed });
      const { rows } = await client.query<{ log: WatchedLog }>(withdrawSql, [
        [...lost.map(({ id }) => id), ...undone].map(String),
        [...lost.map(() => 'lost'), ...undone.map(() => 'undone')],
        [...lost.map(({ reason }) => reason ?? null), ...undone.map(() => null)],
      ]);
      await touchWords(
        client,
        chainId,
        rows.map(({ log }) => log),
      );
      await insertLogs(client, chainId, found, standsAlready);
      for (const { block, tx, logIndex, providerId } of heard)
        await client.query(heardSql, [chainId, block.hash, tx, logIndex, providerId]);
      for (const { block, tx, logIndex, providerId } of forgotten)
        await client.query(forgottenSql, [chainId, block.hash, tx, logIndex, providerId]);
      for (const { effect, reason } of unfounded) await client.query(unfoundedSql, [chainId, JSON.stringify(effect), reason]);
      await touchWords(
        client,
        chainId,
        unfounded.map(({ effect }) => effect),
      );
      await insertCursors(client, chainId, to);
      for (const { address, finalized } of to) await client.query(standAtSql, [chainId, address, finalized.number, finalized.hash]);
      await client.query('delete from settlement_watch_block where chain_id = $1 and contract = any($2)', [
        chainId,
        to.map(({ address }) => address),
      ]);
      if (coins === undefined) return;
      await client.query(standAtSql, [chainId, nativeToken, coins.at.number, coins.at.hash]);
      await replaceCoins(client, chainId, coins.balances);
      if (coins.reading !== undefined) await keepReading(client, chainId, coins.reading);
    });
  }

  async deliveries(chainId: string): Promise<Delivery[]> {
    const { rows } = await this.#pool.query<DeliveryRow>(
      `select id, log, state, standing, reason from settlement_watch_log untold
       where chain_id = $1 and (state = 'lost' or (state = 'seen' and provider_id is not null
         and (standing is null or standing in ('observed', 'confirmed'))))
         and (state = 'lost' or standing is null or (standing = 'observed' and log #>> '{log,name}' = any($2)) or block_number <= (
           select finalized_number from settlement_watch_cursor cursor
           where cursor.chain_id = untold.chain_id and cursor.contract = untold.contract))
       order by state, block_number, log_index, id`,
      [chainId, confirmable],
    );
    return rows.map(({ id, log: effect, state, standing, reason }) =>
      state === 'lost'
        ? { id, effect, kind: 'lost', ...(reason !== null && { reason }) }
        : { id, effect, kind: 'seen', standing: standing ?? undefined },
    );
  }

  async revocations(chainId: string, countMax: number): Promise<{ readonly id: bigint; readonly end: MandateEnd }[]> {
    const { rows } = await this.#pool.query<{ id: bigint; log: WatchedLog }>(
      `select id, log from settlement_watch_log
       where chain_id = $1 and state = 'seen' and provider_id is null and standing is null and log #>> '{log,name}' = 'MandateRevoked'
       order by block_number, log_index limit $2`,
      [chainId, countMax],
    );
    return rows.map(({ id, log }) => ({ id, end: mandateEndOf(log) }));
  }

  async revocationsTold(ids: readonly bigint[]): Promise<void> {
    await this.#pool.query(`update settlement_watch_log set standing = 'finalized' where id = any($1)`, [ids.map(String)]);
  }

  async told(id: bigint, standing: EffectStanding | 'undone'): Promise<void> {
    const set = standing === 'undone' ? `state = 'undone'` : 'standing = $2';
    await this.#pool.query(`update settlement_watch_log set ${set} where id = $1`, standing === 'undone' ? [id] : [id, standing]);
  }

  async heed(chainId: string, providerIds: readonly string[]): Promise<void> {
    await this.#pool.query(
      `update settlement_watch_log set standing = null
       where chain_id = $1 and provider_id = any($2::numeric[]) and state = 'seen' and standing = 'ignored'`,
      [chainId, providerIds],
    );
  }

  async watchWordsUpTo(chainId: string, { contract, providerId, word }: Word): Promise<void> {
    await this.#pool.query(
      `insert into settlement_watch_word (chain_id, contract, provider_id, word)
       select $1, $2, $3, word from generate_series(0, $4::bigint) word on conflict do nothing`,
      [chainId, contract, providerId, word],
    );
  }

  async wordsToCompare(
    chainId: string,
    { since, until }: { readonly since: Date; readonly until: Date },
    countMax: number,
  ): Promise<Word[]> {
    const { rows } = await this.#pool.query<{ contract: string; provider_id: string; word: bigint }>(
      `(select contract, provider_id, word from settlement_watch_word where chain_id = $1 and is_touched order by contract, provider_id, word)
       union all
       (select contract, provider_id, word from (
          (select contract, provider_id, word, compared_at from settlement_watch_word
           where chain_id = $1 and not is_touched and not is_full and compared_at < $2
           order by compared_at, contract, provider_id, word limit $3)
          union all
          (select contract, provider_id, word, compared_at from settlement_watch_word
           where chain_id = $1 and not is_touched and not is_full and compared_at > $4
           order by compared_at, contract, provider_id, word limit $3)
        ) due order by compared_at, contract, provider_id, word limit $3)`,
      [chainId, since, countMax, until],
    );
    return rows.map(({ contract, provider_id: providerId, word }) => ({ contract, providerId, word }));
  }

  async observedSlots(chainId: string, word: Word): Promise<bigint> {
    const { rows } = await this.#pool.query<{ key: string }>(`select key from settlement_watch_log where ${slotsOfWord}`, [
      chainId,
      word.contract,
      word.providerId,
      word.word,
    ]);
    return rows.reduce((bits, { key }) => bits | (1n << (BigInt(key) % 256n)), 0n);
  }

  async compared(chainId: string, word: Word, at: Date): Promise<void> {
    await this.#pool.query(
      `update settlement_watch_word set is_touched = false, compared_at = $5,
         is_full = (select count(*) = 256 from settlement_watch_log where ${slotsOfWord})
       where chain_id = $1 and contract = $2 and provider_id = $3 and word = $4`,
      [chainId, word.contract, word.providerId, word.word, at],
    );
  }

  async named(chainId: string, names: readonly string[], upTo: bigint): Promise<WatchedLog[]> {
    const { rows } = await this.#pool.query<{ log: WatchedLog }>(
      `select log from settlement_watch_log where chain_id = $1 and state = 'seen' and log #>> '{log,name}' = any($2) and block_number <= $3
       order by block_number, log_index, id`,
      [chainId, names, upTo],
    );
    return rows.map(({ log }) => log);
  }

  async ofTransactions(chainId: string, transactions: readonly string[]): Promise<WatchedLog[]> {
    const { rows } = await this.#pool.query<{ log: WatchedLog }>(
      `select log from settlement_watch_log where chain_id = $1 and state = 'seen' and tx = any($2) and log ->> 'module' <> 'token'
       order by block_number, log_index, id`,
      [chainId, transactions],
    );
    return rows.map(({ log }) => log);
  }

  async inBlocks(chainId: string, { from, to }: BlockRange): Promise<WatchedLog[]> {
    const { rows } = await this.#pool.query<{ log: WatchedLog }>(
      `select log from settlement_watch_log
       where chain_id = $1 and state = 'seen' and block_number between $2 and $3 and log ->> 'module' <> 'token'
       order by block_number, log_index, id`,
      [chainId, from, to],
    );
    return rows.map(({ log }) => log);
  }

  async balances(chainId: string): Promise<HeldCoins[]> {
    const { rows } = await this.#pool.query<{ holder: string; number: bigint; hash: string; units: string }>(
      'select holder, number, hash, units::text from settlement_watch_balance where chain_id = $1 order by number, holder',
      [chainId],
    );
    return rows.map(({ holder, number, hash, units }) => ({ holder, at: { number, hash }, units: BigInt(units) }));
  }

  async keepBalances(chainId: string, waiting: readonly HeldCoins[]): Promise<void> {
    await inPoolTransaction(this.#pool, 'begin', async (client) => {
      await client.query(
        `delete from settlement_watch_balance where chain_id = $1 and number > (
           select finalized_number from settlement_watch_cursor where chain_id = $1 and contract = $2)`,
        [chainId, nativeToken],
      );
      await insertBalances(client, chainId, waiting);
    });
  }

  async coinReading(chainId: string): Promise<CoinReading | undefined> {
    const { rows } = await this.#pool.query<ReadingRow>(
      'select from_number, to_hash, next_number, found from settlement_watch_reading where chain_id = $1',
      [chainId],
    );
    const [row] = rows;
    if (row === undefined) return undefined;
    const found = row.found.map(({ value, fee, ...facts }) => ({ ...facts, value: BigInt(value), fee: BigInt(fee) }));
    return { from: row.from_number, hash: row.to_hash, next: row.next_number, found };
  }

  keepCoinReading(chainId: string, reading: CoinReading): Promise<void> {
    return keepReading(this.#pool, chainId, reading);
  }

  async *standing(chainId: string, upTo: bigint): AsyncIterable<WatchedLog> {
    for (let [block, index, provider] = [-1n, -1, '-1']; ;) {
      const { rows } = await this.#pool.query<{ log: WatchedLog; block_number: bigint; log_index: number; provider: string }>(
        `select log, block_number, log_index, coalesce(provider_id, -1) as provider from settlement_watch_log
         where chain_id = $1 and state = 'seen' and block_number <= $2 and (block_number, log_index, coalesce(provider_id, -1)) > ($3, $4, $5)
         order by block_number, log_index, coalesce(provider_id, -1) limit ${pageSize}`,
        [chainId, upTo, block, index, provider],
      );
      for (const { log } of rows) yield log;
      const last = rows.at(-1);
      if (last === undefined || rows.length < pageSize) return;
      [block, index, provider] = [last.block_number, last.log_index, last.provider];
    }
  }
}

interface ReadingRow {
  readonly from_number: bigint;
  readonly to_hash: string;
  readonly next_number: bigint;
  readonly found: readonly (Omit<NativeTransaction, 'value' | 'fee'> & { readonly value: string; readonly fee: string })[];
}

const standsAlready = "on conflict (chain_id, block_hash, tx, log_index, coalesce(provider_id, -1)) where state = 'seen' do nothing";
const slotsOfWord = `chain_id = $1 and contract = $2 and provider_id = $3 and div(key::numeric, 256) = $4 and state = 'seen' and effect = 'slot'`;
const finaliseSql = `update settlement_watch_cursor set finalized_number = $3, finalized_hash = $4 where chain_id = $1 and contract = any($2)`;
const standAtSql = `update settlement_watch_cursor
  set observed_number = $3, observed_hash = $4, finalized_number = $3, finalized_hash = $4 where chain_id = $1 and contract = $2`;
const withdrawSql = `update settlement_watch_log kept set state = gone.state, reason = gone.reason
  from unnest($1::bigint[], $2::text[], $3::text[]) gone (id, state, reason) where kept.id = gone.id returning kept.log`;
const heardSql = `update settlement_watch_log set standing = 'finalized'
  where chain_id = $1 and block_hash = $2 and tx = $3 and log_index = $4 and provider_id is not distinct from $5 and state = 'seen'`;
const forgottenSql = `update settlement_watch_log set standing = null
  where chain_id = $1 and block_hash = $2 and tx = $3 and log_index = $4 and provider_id = $5 and state = 'seen'`;
const unfoundedSql = `insert into settlement_watch_log
    (chain_id, contract, provider_id, effect, key, block_number, block_hash, tx, log_index, log, state, standing, reason)
  select $1, log ->> 'contract', (log ->> 'providerId')::numeric, log ->> 'effect', log ->> 'key', (log #>> '{block,number}')::bigint,
    log #>> '{block,hash}', log ->> 'tx', (log ->> 'logIndex')::integer, log, 'lost', 'finalized', $3
  from (values ($2::jsonb)) as entry (log)`;
const keepBlockSql = `insert into settlement_watch_block (chain_id, contract, number, hash) select $1, contract, $3, $4 from unnest($2::text[]) contract`;

async function move(
  client: PoolClient,
  { chainId, contracts, from, to }: { chainId: string; contracts: readonly string[]; from: Checkpoint; to: Checkpoint },
): Promise<void> {
  const { rowCount } = await client.query(
    `update settlement_watch_cursor set observed_number = $5, observed_hash = $6
     where chain_id = $1 and contract = any($2) and observed_number = $3 and observed_hash = $4`,
    [chainId, contracts, from.number, from.hash, to.number, to.hash],
  );
  if (rowCount !== contracts.length) throw movedFault(contracts);
}

async function insertLogs(client: PoolClient, chainId: string, logs: readonly WatchedLog[], conflict = ''): Promise<void> {
  if (logs.length === 0) return;
  try {
    await client.query(
      `insert into settlement_watch_log (chain_id, contract, provider_id, effect, key, block_number, block_hash, tx, log_index, log)
       select $1, log ->> 'contract', (log ->> 'providerId')::numeric, log ->> 'effect', log ->> 'key', (log #>> '{block,number}')::bigint,
         log #>> '{block,hash}', log ->> 'tx', (log ->> 'logIndex')::integer, log
       from jsonb_array_elements($2::jsonb) with ordinality as entry (log, at) order by at ${conflict}`,
      [chainId, JSON.stringify(logs)],
    );
    await touchWords(client, chainId, logs);
  } catch (error) {
    if (!(error instanceof pg.DatabaseError) || error.code !== uniqueViolation) throw error;
    throw new WatcherAlarm('key_twice', `A log on chain ${chainId} says a second time what can be once: ${error.detail ?? error.message}`);
  }
}

async function touchWords(client: PoolClient, chainId: string, logs: readonly WatchedLog[]): Promise<void> {
  const words = logs.flatMap(({ contract, providerId, effect, key }) =>
    effect === 'slot' && providerId !== undefined ? [{ contract, providerId, word: BigInt(key) / 256n }] : [],
  );
  await insertWords(client, chainId, words, 'true');
  await insertWords(
    client,
    chainId,
    words.map((word) => ({ ...word, word: word.word + 1n })),
  );
}

async function insertWords(
  client: PoolClient,
  chainId: string,
  words: readonly Word[],
  isTouched: 'true' | 'false' = 'false',
): Promise<void> {
  if (words.length === 0) return;
  await client.query(
    `insert into settlement_watch_word (chain_id, contract, provider_id, word, is_touched)
     select distinct $1, contract, provider_id, word, ${isTouched} from unnest($2::text[], $3::numeric[], $4::bigint[]) word (contract, provider_id, word)
     on conflict (chain_id, contract, provider_id, word) do update set is_touched = true where ${isTouched}`,
    [chainId, words.map(({ contract }) => contract), words.map(({ providerId }) => providerId), words.map(({ word }) => word.toString())],
  );
}

/** Of every block, with what was read for them. */
async function replaceCoins(client: PoolClient, chainId: string, balances: readonly HeldCoins[]): Promise<void> {
  await client.query('delete from settlement_watch_balance where chain_id = $1', [chainId]);
  await client.query('delete from settlement_watch_reading where chain_id = $1', [chainId]);
  await insertBalances(client, chainId, balances);
}

async function keepReading(client: Pick<PoolClient, 'query'>, chainId: string, { from, hash, next, found }: CoinReading): Promise<void> {
  const texts = found.map(({ value, fee, ...facts }) => ({ ...facts, value: value.toString(), fee: fee.toString() }));
  await client.query(
    `insert into settlement_watch_reading (chain_id, from_number, to_hash, next_number, found) values ($1, $2, $3, $4, $5)
     on conflict (chain_id) do update set from_number = excluded.from_number, to_hash = excluded.to_hash,
       next_number = excluded.next_number, found = excluded.found`,
    [chainId, from, hash, next, JSON.stringify(texts)],
  );
}

async function insertBalances(client: PoolClient, chainId: string, balances: readonly HeldCoins[]): Promise<void> {
  await client.query(
    `insert into settlement_watch_balance (chain_id, holder, number, hash, units)
     select $1, * from unnest($2::text[], $3::bigint[], $4::text[], $5::numeric[])`,
    [
      chainId,
      balances.map(({ holder }) => holder),
      balances.map(({ at }) => at.number.toString()),
      balances.map(({ at }) => at.hash),
      balances.map(({ units }) => units.toString()),
    ],
  );
}

async function insertCursors(client: PoolClient, chainId: string, cursors: readonly WatchCursor[]): Promise<void> {
  for (const { address, module, providerId, observed, finalized, codeHash } of cursors)
    await client.query(
      `insert into settlement_watch_cursor
         (chain_id, contract, module, provider_id, observed_number, observed_hash, finalized_number, finalized_hash, code_hash)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict do nothing`,
      [chainId, address, module, providerId, observed.number, observed.hash, finalized.number, finalized.hash, codeHash],
    );
}

function cursorOf(row: CursorRow): WatchCursor {
  return {
    ...{ address: row.contract, module: row.module, ...(row.provider_id !== null && { providerId: row.provider_id }) },
    observed: { number: row.observed_number, hash: row.observed_hash },
    finalized: { number: row.finalized_number, hash: row.finalized_hash },
    codeHash: row.code_hash ?? undefined,
  };
}

function movedFault(contracts: readonly string[]): CheckpointMovedFault {
  return new CheckpointMovedFault(`Somebody else moved the checkpoint of ${contracts.join(', ')}.`);
}
