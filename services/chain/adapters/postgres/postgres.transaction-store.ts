import type { Pool } from 'pg';
import type { FirstAttempt, TransactionKey, TransactionStore } from '../../application/transaction-store.ts';
import type { Attempt, GivenUp, Known, QueuedTransaction, TransactionPlace, TransactionState } from '../../application/transaction.ts';

interface TransactionRow {
  readonly id: string;
  readonly chain_id: string;
  readonly address: string;
  readonly nonce: bigint;
  readonly subject: string;
  readonly state: TransactionState;
  readonly attempts: readonly StoredAttempt[];
  readonly tx: string | null;
  readonly block: bigint | null;
  readonly block_hash: string | null;
  readonly block_at: Date | null;
  readonly outcome: TransactionPlace['outcome'] | null;
  readonly contract: string | null;
  readonly gas: bigint | null;
  readonly fee: string | null;
}

interface GivenUpRow {
  readonly id: string;
  readonly state: 'given-up';
  readonly reason: string;
}

type KnownRow = TransactionRow | GivenUpRow;

interface StoredAttempt {
  readonly tx: string;
  readonly raw: string;
  readonly to?: string;
  readonly data: string;
  readonly value?: string;
  readonly feePerGasMax: string;
  readonly tipPerGas: string;
  readonly isCancel: boolean;
  readonly signedAt: string;
}

const takesMax = 20;

/**
 * Rows of `chain_transaction`. That a nonce is given away once is a unique index: who comes second signs for another one. An id is its primary
 * key, for what is given up as well.
 */
export class PostgresTransactionStore implements TransactionStore {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  async unsettled({ chainId, address }: TransactionKey): Promise<QueuedTransaction[]> {
    return this.#select(`chain_id = $1 and address = $2 and state in ('signed', 'mined') order by nonce`, [chainId, address]);
  }

  async find(id: string): Promise<Known | undefined> {
    const { rows } = await this.#pool.query<KnownRow>('select * from chain_transaction where id = $1', [id]);
    return rows[0] && knownOf(rows[0]);
  }

  async lastFinal({ chainId, address }: TransactionKey): Promise<QueuedTransaction | undefined> {
    const where = `chain_id = $1 and address = $2 and state = 'final' order by nonce desc limit 1`;
    return (await this.#select(where, [chainId, address]))[0];
  }

  async take(key: TransactionKey, sign: (taken: readonly QueuedTransaction[]) => Promise<FirstAttempt>): Promise<Known> {
    for (let attempt = 1; attempt <= takesMax; attempt++) {
      const { id, subject, nonce, attempt: signed } = await sign(await this.unsettled(key));
      const { rows } = await this.#pool.query<TransactionRow>(
        `insert into chain_transaction (id, chain_id, address, nonce, subject, state, attempts) values ($1, $2, $3, $4, $5, 'signed', $6)
         on conflict do nothing returning *`,
        [id, key.chainId, key.address, nonce, subject, JSON.stringify([storedOf(signed)])],
      );
      if (rows[0] !== undefined) return transactionOf(rows[0]);
      const known = await this.find(id);
      if (known !== undefined) return known;
    }
    throw new Error(`Somebody else took ${takesMax} nonces of ${key.address} in a row.`);
  }

  async giveUp({ chainId, address }: TransactionKey, { id, subject, reason }: Parameters<TransactionStore['giveUp']>[1]): Promise<Known> {
    const { rows } = await this.#pool.query<GivenUpRow>(
      `insert into chain_transaction (id, chain_id, address, subject, state, attempts, reason) values ($1, $2, $3, $4, 'given-up', '[]', $5)
       on conflict (id) do nothing returning *`,
      [id, chainId, address, subject, reason],
    );
    const known = rows[0] === undefined ? await this.find(id) : givenUpOf(rows[0]);
    if (known === undefined) throw new Error(`Transaction ${id} was removed while it was looked at.`);
    return known;
  }

  async replace({ id, attempts }: QueuedTransaction, attempt: Attempt, subject: string): Promise<QueuedTransaction | undefined> {
    const { rows } = await this.#pool.query<TransactionRow>(
      `update chain_transaction set attempts = attempts || $3::jsonb, subject = $4
       where id = $1 and jsonb_array_length(attempts) = $2 and state = 'signed' returning *`,
      [id, attempts.length, JSON.stringify([storedOf(attempt)]), subject],
    );
    return rows[0] && transactionOf(rows[0]);
  }

  async moved(id: string, state: TransactionState, place: TransactionPlace | undefined): Promise<void> {
    const { tx, block, blockHash, at, outcome, contract, gas, fee } = place ?? {};
    await this.#pool.query(
      `update chain_transaction set state = $2, tx = $3, block = $4, block_hash = $5, block_at = $6, outcome = $7, contract = $8, gas = $9, fee = $10
       where id = $1 and state <> 'final'`,
      [id, state, tx, block, blockHash, at, outcome, contract, gas, fee],
    );
  }

  /** One that a local chain had before it began anew has a nonce as well, and is of an older block. */
  async reopen(id: string): Promise<void> {
    await this.#pool.query(
      `update chain_transaction as known
         set state = 'signed', tx = null, block = null, block_hash = null, block_at = null, outcome = null, contract = null, gas = null, fee = null
       from chain_transaction as lost
       where lost.id = $1 and lost.state = 'final' and known.state = 'final' and known.chain_id = lost.chain_id
         and known.address = lost.address and known.nonce >= lost.nonce and known.block_at >= lost.block_at`,
      [id],
    );
  }

  /** Of two with one nonce the older one was on a local chain before it began anew. */
  async reopenFrom({ chainId, address }: TransactionKey, nonce: bigint): Promise<void> {
    await this.#pool.query(
      `update chain_transaction
         set state = 'signed', tx = null, block = null, block_hash = null, block_at = null, outcome = null, contract = null, gas = null, fee = null
       where id in (
         select distinct on (nonce) id from chain_transaction
         where chain_id = $1 and address = $2 and state = 'final' and nonce >= $3
           and nonce not in (select nonce from chain_transaction where chain_id = $1 and address = $2 and state in ('signed', 'mined'))
         order by nonce, block_at desc
       )`,
      [chainId, address, nonce],
    );
  }

  async forget(chainId: string): Promise<void> {
    await this.#pool.query('delete from chain_transaction where chain_id = $1', [chainId]);
  }

  async #select(where: string, values: readonly unknown[]): Promise<QueuedTransaction[]> {
    const { rows } = await this.#pool.query<TransactionRow>(`select * from chain_transaction where ${where}`, [...values]);
    return rows.map(transactionOf);
  }
}

function knownOf(row: KnownRow): Known {
  return row.state === 'given-up' ? givenUpOf(row) : transactionOf(row);
}

function givenUpOf({ id, state, reason }: GivenUpRow): GivenUp {
  return { id, state, reason };
}

function transactionOf(row: TransactionRow): QueuedTransaction {
  const { id, address, nonce, subject, state, attempts } = row;
  return { ...{ id, chainId: row.chain_id, address, nonce, subject, state }, attempts: attempts.map(attemptOf), place: placeIn(row) };
}

function placeIn(row: TransactionRow): TransactionPlace | undefined {
  const { tx, block, block_hash: blockHash, block_at: at, outcome, contract, gas, fee } = row;
  if (tx === null || block === null || blockHash === null || at === null || outcome === null || gas === null || fee === null)
    return undefined;
  return { tx, block, blockHash, at, outcome, contract: contract ?? undefined, gas, fee: BigInt(fee) };
}

function storedOf({ tx, raw, call, feePerGasMax, tipPerGas, isCancel, signedAt }: Attempt): StoredAttempt {
  const { to, data, value } = call;
  return {
    ...{ tx, raw, ...(to !== undefined && { to }), data, ...(value !== undefined && { value: value.toString() }) },
    ...{ feePerGasMax: feePerGasMax.toString(), tipPerGas: tipPerGas.toString(), isCancel, signedAt: signedAt.toISOString() },
  };
}

function attemptOf(stored: StoredAttempt): Attempt {
  const { tx, raw, to, data, value, isCancel } = stored;
  return {
    ...{ tx, raw, isCancel, call: { to, data, ...(value !== undefined && { value: BigInt(value) }) } },
    ...{ feePerGasMax: BigInt(stored.feePerGasMax), tipPerGas: BigInt(stored.tipPerGas), signedAt: new Date(stored.signedAt) },
  };
}
