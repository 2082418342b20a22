import { Inject, Injectable } from '@nestjs/common';
import type { Pool } from 'pg';
import { POOL } from '../../services/read-store/pool.ts';
import { positionOf } from '../sql/checkpoint-position.ts';
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
}

function entitlementOf({ title, title_name, purchase, valid_from, valid_until }: EntitlementRow): Entitlement {
  return { title, name: title_name, purchase, from: valid_from.toISOString(), until: valid_until.toISOString() };
}
