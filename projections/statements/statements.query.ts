import { Inject, Injectable } from '@nestjs/common';
import type { Pool, PoolClient } from 'pg';
import type { Currency } from '../../services/money/currency.ts';
import { POOL } from '../../services/read-store/pool.ts';
import { positionOf } from '../sql/checkpoint-position.ts';
import { customerAmountsOf, type CustomerNumerics } from '../sql/customer-amounts.ts';
import { inSnapshot } from '../sql/snapshot.ts';
import type { StatementRange } from './moment.ts';
import { statements } from './statements.projection.ts';

export interface StatementRow {
  readonly position: bigint;
  readonly eventId: string;
  readonly type: string;
  readonly recordedAt: string;
  readonly effectiveAt: string;
  readonly description: string;
  readonly reference: string | undefined;
  readonly movement: CustomerNumerics;
  /** After this row. */
  readonly balances: CustomerNumerics;
}

/** Opening plus movements is closing, for any range. */
export interface Statement {
  readonly opening: CustomerNumerics;
  readonly movements: CustomerNumerics;
  readonly closing: CustomerNumerics;
  readonly rows: readonly StatementRow[];
  /** Position of the next page's first row. */
  readonly next: bigint | undefined;
  readonly asOfPosition: bigint;
}

export interface StatementAsked {
  readonly account: string;
  readonly currency: Currency;
  readonly range: StatementRange;
  /** Key of the page's first row; the first of the range when absent. */
  readonly cursor?: bigint | undefined;
  readonly limit: number;
}

interface TotalsRow {
  readonly opening_wallet: string;
  readonly opening_unbilled: string;
  readonly opening_receivable: string;
  readonly moved_wallet: string;
  readonly moved_unbilled: string;
  readonly moved_receivable: string;
  readonly closing_wallet: string;
  readonly closing_unbilled: string;
  readonly closing_receivable: string;
}

interface MovementRow extends CustomerNumerics {
  readonly position: bigint;
  readonly event_id: string;
  readonly type: string;
  readonly recorded_at: Date;
  readonly effective_at: Date;
  readonly description: string;
  readonly reference: string | null;
  readonly wallet_after: string;
  readonly unbilled_after: string;
  readonly receivable_after: string;
}

/**
 * An account's rows up to the end of the range, each with the moment that orders it. $1 provider, $2 account, $3 order, $4 and $5 from
 * and to in time, $6 and $7 from and to in positions (see `StatementRange`).
 */
const movement = `
  ordered as (
    select *, case $3 when 'recorded' then recorded_at when 'effective' then effective_at else '-infinity' end as moment
      from statement_movements
     where provider = $1 and account = $2
  ),
  movement as (
    select *, moment < $4::timestamptz or position <= $6 as is_before
      from ordered
     where moment < $5::timestamptz and position <= $7
  )`;

@Injectable()
export class StatementsQuery {
  readonly #pool: Pool;

  constructor(@Inject(POOL) pool: Pool) {
    this.#pool = pool;
  }

  find(provider: string, asked: StatementAsked): Promise<Statement> {
    return inSnapshot(this.#pool, async (client) => {
      const totals = await totalsOf(client, provider, asked);
      const rows = await rowsOf(client, provider, asked);
      const asOfPosition = await positionOf(client, statements);
      return {
        ...totals,
        rows: rows.slice(0, asked.limit).map((row) => viewOf(row, asked.currency)),
        next: rows[asked.limit]?.position,
        asOfPosition,
      };
    });
  }

  /** Balances of an account as they were at the end of a range. */
  closing(provider: string, asked: Omit<StatementAsked, 'limit'>): Promise<Pick<Statement, 'closing' | 'asOfPosition'>> {
    return inSnapshot(this.#pool, async (client) => {
      const { closing } = await totalsOf(client, provider, asked);
      return { closing, asOfPosition: await positionOf(client, statements) };
    });
  }
}

async function totalsOf(client: PoolClient, provider: string, asked: Omit<StatementAsked, 'limit'>) {
  const { rows } = await client.query<TotalsRow>({
    name: 'statements_totals',
    text: `
      with ${movement}
      select coalesce(sum(wallet) filter (where is_before), 0) as opening_wallet,
             coalesce(sum(unbilled) filter (where is_before), 0) as opening_unbilled,
             coalesce(sum(receivable) filter (where is_before), 0) as opening_receivable,
             coalesce(sum(wallet) filter (where not is_before), 0) as moved_wallet,
             coalesce(sum(unbilled) filter (where not is_before), 0) as moved_unbilled,
             coalesce(sum(receivable) filter (where not is_before), 0) as moved_receivable,
             coalesce(sum(wallet), 0) as closing_wallet,
             coalesce(sum(unbilled), 0) as closing_unbilled,
             coalesce(sum(receivable), 0) as closing_receivable
        from movement`,
    values: [provider, ...boundsOf(asked)],
  });
  const row = rows[0] as TotalsRow; // An aggregate without groups always answers one row.
  const { currency } = asked;
  return {
    opening: customerAmountsOf(
      { wallet: row.opening_wallet, unbilled: row.opening_unbilled, receivable: row.opening_receivable },
      currency,
    ),
    movements: customerAmountsOf({ wallet: row.moved_wallet, unbilled: row.moved_unbilled, receivable: row.moved_receivable }, currency),
    closing: customerAmountsOf(
      { wallet: row.closing_wallet, unbilled: row.closing_unbilled, receivable: row.closing_receivable },
      currency,
    ),
  };
}

async function rowsOf(client: PoolClient, provider: string, asked: StatementAsked): Promise<readonly MovementRow[]> {
  const { rows } = await client.query<MovementRow>({
    name: 'statements_rows',
    text: `
      with ${movement},
      running as (
        select *,
               sum(wallet) over upto as wallet_after,
               sum(unbilled) over upto as unbilled_after,
               sum(receivable) over upto as receivable_after
          from movement
        window upto as (order by moment, position rows unbounded preceding)
      )
      select position, event_id, type, recorded_at, effective_at, description, reference, wallet, unbilled, receivable,
             wallet_after, unbilled_after, receivable_after
        from running
       where not is_before
         and ($8::bigint is null or (moment, position) >= (select moment, position from movement where position = $8))
       order by moment, position
       limit $9`,
    values: [provider, ...boundsOf(asked), asked.cursor, asked.limit + 1],
  });
  return rows;
}

function boundsOf({ account, range }: Omit<StatementAsked, 'limit'>): readonly unknown[] {
  return [account, range.order, range.fromTime, range.toTime, range.fromPosition, range.toPosition];
}

function viewOf(row: MovementRow, currency: Currency): StatementRow {
  const { position, event_id, type, recorded_at, effective_at, description, reference } = row;
  const after = { wallet: row.wallet_after, unbilled: row.unbilled_after, receivable: row.receivable_after };
  return {
    position,
    eventId: event_id,
    type,
    recordedAt: recorded_at.toISOString(),
    effectiveAt: effective_at.toISOString(),
    description,
    reference: reference ?? undefined,
    movement: customerAmountsOf(row, currency),
    balances: customerAmountsOf(after, currency),
  };
}
