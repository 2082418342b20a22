import { Inject, Injectable } from '@nestjs/common';
import type { ClientBase, Pool } from 'pg';
import { ledgerAccount } from '../../services/accounts/domain/chart.ts';
import type { Currency } from '../../services/money/currency.ts';
import { amountText } from '../../services/money/money.ts';
import { POOL } from '../../services/read-store/pool.ts';
import type {
  BookedCredit,
  BookedSupply,
  CreditBook,
  ExpiredCredit,
  PendingCredit,
} from '../../services/settlement/application/credit/credit-book.ts';
import { isExpired } from '../../services/settlement/domain/credit-epoch.ts';
import { moneyOfNumeric } from '../sql/numeric-amount.ts';
import { positionOf } from '../sql/checkpoint-position.ts';
import { inSnapshot } from '../sql/snapshot.ts';
import { creditHoldings } from '../credit-holdings/credit-holdings.projection.ts';
import { type CreditEntry, heldCredit } from './held-credit.ts';
import { prepaidCredit } from './prepaid-credit.projection.ts';

/** What an account has of one token under one address. */
export interface AccountCredit {
  readonly token: BookedCredit;
  readonly holder: string;
  /** What effects of each name did, in units above zero. */
  readonly moved: ReadonlyMap<CreditEntry['name'], bigint>;
  /** Units by last month, the oldest first. */
  readonly held: ReadonlyMap<number, bigint>;
}

/** What one address has of one token, whoever it is for. */
interface HolderCredit {
  readonly token: BookedCredit;
  readonly holder: string;
  readonly held: ReadonlyMap<number, bigint>;
}

interface TokenRow {
  readonly provider: string;
  readonly chain_id: string;
  readonly contract: string;
  readonly currency: string;
  readonly decimals: number;
}

interface EntryRow extends TokenRow {
  readonly holder: string;
  readonly name: CreditEntry['name'];
  readonly units: string;
  readonly block_time: Date;
  readonly epoch: number | null;
}

interface HeldRow extends TokenRow {
  readonly holder: string;
  readonly name: CreditEntry['name'];
  readonly epoch: number;
  readonly units: string;
}

@Injectable()
export class PrepaidCreditQuery implements CreditBook {
  readonly #pool: Pool;

  constructor(@Inject(POOL) pool: Pool) {
    this.#pool = pool;
  }

  async tokens(): Promise<readonly BookedCredit[]> {
    const { rows } = await this.#pool.query<TokenRow>('select * from prepaid_credit_tokens order by provider, chain_id, contract');
    return rows.map(tokenOf);
  }

  supplyOf({ provider, chainId, contract, currency }: BookedCredit): Promise<BookedSupply> {
    return inSnapshot(this.#pool, async (client) => {
      const { rows } = await client.query<Record<'settlement' | 'units' | 'standing' | 'block_number' | 'block_hash', string>>({
        name: 'prepaid_credit_supply',
        text: `
          select null as settlement, coalesce(sum(units), 0) as units, 'final' as standing, null as block_number, null as block_hash, null as log_index
            from prepaid_credit_effects where provider = $1 and chain_id = $2 and contract = $3 and standing = 'final'
          union all
          select settlement, units, standing, block_number, block_hash, log_index
            from prepaid_credit_effects where provider = $1 and chain_id = $2 and contract = $3 and standing = 'observed'
           order by block_number nulls first, log_index`,
        values: [provider, chainId, contract],
      });
      const pending = rows.slice(1).map(({ settlement, units, block_number, block_hash }): PendingCredit => {
        return { settlement, units: BigInt(units), block: { number: BigInt(block_number), hash: block_hash } };
      });
      const owed = await owedFor(client, provider, currency as Currency);
      return { final: BigInt(rows[0]?.units ?? 0), pending, owed, asOfPosition: await positionOf(client, prepaidCredit) };
    });
  }

  async expired(provider: string, now: string): Promise<readonly ExpiredCredit[]> {
    const holders = await this.#holders(provider);
    return holders.flatMap(({ token, holder, held }) => {
      const epoch = [...held.keys()].findLast((each) => isExpired(each, now));
      return epoch === undefined ? [] : [{ ...token, holder, epoch }];
    });
  }

  /** Under every address that it has credit under, or had. */
  ofAccount(provider: string, account: string): Promise<{ readonly credit: readonly AccountCredit[]; readonly asOfPosition: bigint }> {
    return inSnapshot(this.#pool, async (client) => {
      const { rows } = await client.query<HeldRow>({
        name: 'prepaid_credit_of_account',
        text: `
          select provider, chain_id, contract, currency, decimals, holder, name, epoch, sum(units) as units
            from credit_holdings join prepaid_credit_tokens using (provider, chain_id, contract)
           where provider = $1 and account = $2
           group by provider, chain_id, contract, currency, decimals, holder, name, epoch
           order by chain_id, contract, holder, epoch`,
        values: [provider, account],
      });
      return { credit: [...byHolder(rows)].map(creditOf), asOfPosition: await positionOf(client, creditHoldings) };
    });
  }

  /** In the order of the chain, which the contract went by. */
  async #holders(provider: string): Promise<HolderCredit[]> {
    const { rows } = await this.#pool.query<EntryRow>(
      `select provider, chain_id, contract, currency, decimals, holder, name, abs(units) as units, block_time, epoch
         from prepaid_credit_effects join prepaid_credit_tokens using (provider, chain_id, contract)
        where provider = $1 and standing = 'final'
        order by chain_id, contract, holder, block_number, log_index`,
      [provider],
    );
    return [...byHolder(rows)].map(([first, ...others]) => {
      return { token: tokenOf(first), holder: first.holder, held: heldCredit([first, ...others].map(entryOf)) };
    });
  }
}

function byHolder<Row extends TokenRow & { readonly holder: string }>(rows: readonly Row[]) {
  const groups = Map.groupBy(rows, ({ chain_id, contract, holder }) => `${chain_id} ${contract} ${holder}`);
  return groups.values() as MapIterator<[Row, ...Row[]]>;
}

function creditOf([first, ...others]: readonly [HeldRow, ...HeldRow[]]): AccountCredit {
  const [moved, held] = [new Map<CreditEntry['name'], bigint>(), new Map<number, bigint>()];
  for (const { name, epoch, units } of [first, ...others]) {
    moved.set(name, (moved.get(name) ?? 0n) + BigInt(units));
    held.set(epoch, (held.get(epoch) ?? 0n) + BigInt(units));
  }
  const above = [...moved].map(([name, units]) => [name, units < 0n ? -units : units] as const);
  return {
    token: tokenOf(first),
    holder: first.holder,
    moved: new Map(above),
    held: new Map([...held].filter(([, units]) => units !== 0n)),
  };
}

/** In the rows of the books: the other read model may stand at another position, so both are read in one snapshot with theirs. */
async function owedFor(client: ClientBase, provider: string, currency: Currency): Promise<string> {
  const { rows } = await client.query<{ readonly balance: string }>({
    name: 'prepaid_credit_owed',
    text: `
      select coalesce(-sum(balance), 0) as balance from account_balances
       where provider = $1 and (ledger_account = $2 or starts_with(ledger_account, $2 || ':acc_')) and currency = $3`,
    values: [provider, ledgerAccount.strayCredit, currency],
  });
  return amountText(rows[0] === undefined ? { amount: 0n, currency } : moneyOfNumeric(rows[0].balance, currency));
}

function tokenOf({ provider, chain_id: chainId, contract, currency, decimals }: TokenRow): BookedCredit {
  return { provider, chainId, contract, currency, decimals };
}

function entryOf({ name, units, block_time, epoch }: EntryRow): CreditEntry {
  return { name, units: BigInt(units), time: block_time.toISOString(), epoch: epoch ?? undefined };
}
