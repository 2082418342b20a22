import { Inject, Injectable } from '@nestjs/common';
import type { Pool } from 'pg';
import type { Currency } from '../../services/money/currency.ts';
import { POOL } from '../../services/read-store/pool.ts';
import { amountOfNumeric } from '../sql/numeric-amount.ts';
import { positionOf } from '../sql/checkpoint-position.ts';
import { inSnapshot } from '../sql/snapshot.ts';
import type { SettlementStanding } from './settlement-standing.ts';
import { settlements } from './settlements.projection.ts';

export interface SettlementView {
  readonly settlement: string;
  readonly chainId: string;
  readonly contract: string;
  readonly name: string;
  readonly standing: SettlementStanding;
  readonly block: { readonly number: string; readonly hash: string; readonly time: string };
  readonly tx: string;
  readonly slot?: string;
  readonly account?: string;
  readonly purpose?: string;
  readonly invoice?: string;
  readonly amount?: string;
  readonly currency?: string;
  readonly token?: string;
  readonly tokenAmount?: string;
  readonly tokenAddress?: string;
  readonly payer?: string;
  readonly eventId?: string;
  readonly reason?: string;
  readonly observedAt: string;
  readonly changedAt: string;
}

export interface SettlementsAsked {
  readonly standing?: SettlementStanding | undefined;
  readonly account?: string | undefined;
  readonly invoice?: string | undefined;
  /** Key of the page's first row; the newest when absent. */
  readonly from?: bigint | undefined;
  readonly limit: number;
}

export interface SettlementPage {
  readonly settlements: readonly SettlementView[];
  readonly next: bigint | undefined;
  readonly asOfPosition: bigint;
}

interface Row {
  readonly settlement: string;
  readonly chain_id: string;
  readonly contract: string;
  readonly name: string;
  readonly standing: SettlementStanding;
  readonly block_number: string;
  readonly block_hash: string;
  readonly block_time: Date;
  readonly tx: string;
  readonly slot: string | null;
  readonly account: string | null;
  readonly purpose: string | null;
  readonly invoice: string | null;
  readonly amount: string | null;
  readonly currency: Currency | null;
  readonly token: Currency | null;
  readonly token_amount: string | null;
  readonly token_address: string | null;
  readonly payer: string | null;
  readonly event_id: string | null;
  readonly reason: string | null;
  readonly observed_at: Date;
  readonly changed_at: Date;
  readonly position: bigint;
}

const columns = `
  settlement, chain_id, contract, name, standing, block_number, block_hash, block_time, tx, slot, account, purpose, invoice, amount,
  currency, token, token_amount, token_address, payer, event_id, reason, observed_at, changed_at, position`;

@Injectable()
export class SettlementsQuery {
  readonly #pool: Pool;

  constructor(@Inject(POOL) pool: Pool) {
    this.#pool = pool;
  }

  /** Those that changed last come first. */
  page(provider: string, { standing, account, invoice, from, limit }: SettlementsAsked): Promise<SettlementPage> {
    return inSnapshot(this.#pool, async (client) => {
      const { rows } = await client.query<Row>({
        text: `
          select ${columns}
            from settlements
           where provider = $1
             and ($2::text is null or standing = $2)
             and ($3::text is null or account = $3)
             and ($4::text is null or invoice = $4)
             and ($5::bigint is null or position <= $5)
           order by position desc
           limit $6`,
        values: [provider, standing, account, invoice, from, limit + 1],
      });
      const asOfPosition = await positionOf(client, settlements);
      return { settlements: rows.slice(0, limit).map(viewOf), next: rows[limit]?.position, asOfPosition };
    });
  }

  /** One effect of this provider; undefined for any other. */
  find(provider: string, settlement: string): Promise<{ readonly found: SettlementView; readonly asOfPosition: bigint } | undefined> {
    return inSnapshot(this.#pool, async (client) => {
      const { rows } = await client.query<Row>({
        name: 'settlements_find',
        text: `select ${columns} from settlements where provider = $1 and settlement = $2`,
        values: [provider, settlement],
      });
      const [row] = rows;
      return row && { found: viewOf(row), asOfPosition: await positionOf(client, settlements) };
    });
  }
}

function viewOf(row: Row): SettlementView {
  const { settlement, chain_id: chainId, contract, name, standing, tx } = row;
  const { slot, account, purpose, invoice, currency, token, token_address: tokenAddress, payer, event_id: eventId, reason } = row;
  return {
    ...{ settlement, chainId, contract, name, standing },
    block: { number: row.block_number, hash: row.block_hash, time: row.block_time.toISOString() },
    tx,
    ...present({ slot, account, purpose, invoice, token, tokenAddress, payer, eventId, reason }),
    ...(row.amount !== null && currency !== null && { amount: amountOfNumeric(row.amount, currency), currency }),
    ...(row.token_amount !== null && token !== null && { tokenAmount: amountOfNumeric(row.token_amount, token) }),
    observedAt: row.observed_at.toISOString(),
    changedAt: row.changed_at.toISOString(),
  };
}

/** Without the fields that hold nothing. */
function present<Field extends string>(fields: Readonly<Record<Field, string | null>>): Partial<Record<Field, string>> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null)) as Partial<Record<Field, string>>;
}
