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
import { type CreditEntry, heldCredit } from './held-credit.ts';
import { prepaidCredit } from './prepaid-credit.projection.ts';

/** What one address has of one token. */
export interface HolderCredit {
  readonly token: BookedCredit;
  readonly holder: string;
  readonly entries: readonly CreditEntry[];
  /** Units by last month, the oldest first. */
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
    const holders = await this.#holders(this.#pool, provider, 'true', []);
    return holders.flatMap(({ token, holder, held }) => {
      const epoch = [...held.keys()].findLast((each) => isExpired(each, now));
      return epoch === undefined ? [] : [{ ...token, holder, epoch }];
    });
  }

  /** Of every address that credit was given out to for this account. */
  ofAccount(provider: string, account: string): Promise<{ readonly holders: readonly HolderCredit[]; readonly asOfPosition: bigint }> {
    const where = 'holder in (select holder from prepaid_credit_effects where provider = $1 and account = $2)';
    return inSnapshot(this.#pool, async (client) => ({
      holders: await this.#holders(client, provider, where, [account]),
      asOfPosition: await positionOf(client, prepaidCredit),
    }));
  }

  /** In the order of the chain, which the contract went by. */
  async #holders(client: ClientBase | Pool, provider: string, where: string, values: readonly string[]): Promise<HolderCredit[]> {
    const { rows } = await client.query<EntryRow>(
      `select provider, chain_id, contract, currency, decimals, holder, name, abs(units) as units, block_time, epoch
         from prepaid_credit_effects join prepaid_credit_tokens using (provider, chain_id, contract)
        where provider = $1 and standing = 'final' and ${where}
        order by chain_id, contract, holder, block_number, log_index`,
      [provider, ...values],
    );
    return [...Map.groupBy(rows, ({ chain_id, contract, holder }) => `${chain_id} ${contract} ${holder}`).values()].map((some) => {
      const [first] = some as [EntryRow, ...EntryRow[]];
      const entries = some.map(entryOf);
      return { token: tokenOf(first), holder: first.holder, entries, held: heldCredit(entries) };
    });
  }
}

/** In the rows of the books: the other read model may stand at another position, so both are read in one snapshot with theirs. */
async function owedFor(client: ClientBase, provider: string, currency: Currency): Promise<string> {
  const { rows } = await client.query<{ readonly balance: string }>({
    name: 'prepaid_credit_owed',
    text: 'select -balance as balance from account_balances where provider = $1 and ledger_account = $2 and currency = $3',
    values: [provider, ledgerAccount.credit, currency],
  });
  return amountText(rows[0] === undefined ? { amount: 0n, currency } : moneyOfNumeric(rows[0].balance, currency));
}

function tokenOf({ provider, chain_id: chainId, contract, currency, decimals }: TokenRow): BookedCredit {
  return { provider, chainId, contract, currency, decimals };
}

function entryOf({ name, units, block_time, epoch }: EntryRow): CreditEntry {
  return { name, units: BigInt(units), time: block_time.toISOString(), epoch: epoch ?? undefined };
}
