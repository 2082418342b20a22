import { Inject, Injectable } from '@nestjs/common';
import type { Pool } from 'pg';
import type { Currency } from '../../services/money/currency.ts';
import { POOL } from '../../services/read-store/pool.ts';
import { positionOf } from '../sql/checkpoint-position.ts';
import { amountOfNumeric } from '../sql/numeric-amount.ts';
import { inSnapshot } from '../sql/snapshot.ts';
import { entitlements } from './entitlements.projection.ts';

export interface Entitlement {
  readonly title: string;
  readonly name: string;
  readonly purchase: string;
  /** Half-open: from is in, until is out. */
  readonly from: string;
  readonly until: string;
}

export interface Entitlements {
  readonly entitlements: readonly Entitlement[];
  readonly asOfPosition: bigint;
}

/** What an account is told of a title that it may not watch any more. */
export interface TitleNotice {
  readonly position: bigint;
  readonly title: string;
  readonly name: string;
  readonly purchase: string;
  readonly reason: string;
  readonly amount: string;
  readonly currency: string;
  readonly returnedTo: string;
  readonly recordedAt: string;
}

interface NoticeRow {
  readonly position: string;
  readonly title: string;
  readonly title_name: string;
  readonly purchase: string;
  readonly reason: string;
  readonly amount: string;
  readonly currency: string;
  readonly returned_to: string;
  readonly recorded_at: Date;
}

interface EntitlementRow {
  readonly title: string;
  readonly title_name: string;
  readonly purchase: string;
  readonly valid_from: Date;
  readonly valid_until: Date;
}

@Injectable()
export class EntitlementsQuery {
  readonly #pool: Pool;

  constructor(@Inject(POOL) pool: Pool) {
    this.#pool = pool;
  }

  /** What an account may watch at an instant. Nothing has to happen for an entitlement to end; a withdrawn one grants nothing. */
  at(provider: string, { account, instant }: { readonly account: string; readonly instant: string }): Promise<Entitlements> {
    return inSnapshot(this.#pool, async (client) => {
      const { rows } = await client.query<EntitlementRow>({
        name: 'entitlements_at',
        text: `
          select title, title_name, purchase, valid_from, valid_until
            from entitlements
           where provider = $1
             and account = $2
             and withdrawn_at is null
             and valid_from <= $3
             and valid_until > $3
           order by revision`,
        values: [provider, account, instant],
      });
      return { entitlements: rows.map(entitlementOf), asOfPosition: await positionOf(client, entitlements) };
    });
  }

  /** The newest first; `before` a position, where a page before ended. */
  notices(
    provider: string,
    { account, before, limit }: { readonly account: string; readonly before?: bigint | undefined; readonly limit: number },
  ): Promise<{ readonly notices: readonly TitleNotice[]; readonly asOfPosition: bigint }> {
    return inSnapshot(this.#pool, async (client) => {
      const { rows } = await client.query<NoticeRow>({
        name: 'entitlements_notices',
        text: `
          select position, title, title_name, purchase, reason, amount, currency, returned_to, recorded_at
            from title_notices
           where provider = $1
             and account = $2
             and ($3::bigint is null or position < $3)
           order by position desc
           limit $4`,
        values: [provider, account, before?.toString(), limit],
      });
      return { notices: rows.map(noticeOf), asOfPosition: await positionOf(client, entitlements) };
    });
  }
}

function noticeOf({
  position,
  title_name: name,
  returned_to: returnedTo,
  recorded_at: at,
  amount,
  currency,
  ...row
}: NoticeRow): TitleNotice {
  return {
    ...row,
    position: BigInt(position),
    name,
    amount: amountOfNumeric(amount, currency as Currency),
    currency,
    returnedTo,
    recordedAt: at.toISOString(),
  };
}

function entitlementOf({ title, title_name, purchase, valid_from, valid_until }: EntitlementRow): Entitlement {
  return { title, name: title_name, purchase, from: valid_from.toISOString(), until: valid_until.toISOString() };
}
