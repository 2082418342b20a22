import { Inject, Injectable } from '@nestjs/common';
import type { Pool } from 'pg';
import { POOL } from '../../services/read-store/pool.ts';
import type { MandateTerms } from '../../services/settlement/domain/mandate-terms.ts';
import { positionOf } from '../sql/checkpoint-position.ts';
import { inSnapshot } from '../sql/snapshot.ts';
import { mandates } from './mandates.projection.ts';

export interface ListedMandate {
  readonly mandate: string;
  readonly status: string;
  readonly chainId: string;
  readonly contract: string;
  /** Of the token. */
  readonly currency: string;
  readonly terms: MandateTerms;
  readonly offeredAt: string;
  /** Of the offer. */
  readonly position: bigint;
}

export interface AccountPage {
  readonly account: string;
  /** 0x and 40 lower-case hex. */
  readonly payer?: string | undefined;
  readonly before?: bigint | undefined;
  readonly limit: number;
}

interface MandateRow {
  readonly mandate: string;
  readonly status: string;
  readonly chain_id: string;
  readonly contract: string;
  readonly currency: string;
  readonly terms: MandateTerms;
  readonly offered_at: Date;
  readonly position: string;
}

@Injectable()
export class MandatesQuery {
  readonly #pool: Pool;

  constructor(@Inject(POOL) pool: Pool) {
    this.#pool = pool;
  }

  /** The newest first; `before` a position, where a page before ended; `payer`: only those that this wallet is collected from. */
  ofAccount(
    provider: string,
    { account, payer, before, limit }: AccountPage,
  ): Promise<{ readonly mandates: readonly ListedMandate[]; readonly asOfPosition: bigint }> {
    return inSnapshot(this.#pool, async (client) => {
      const { rows } = await client.query<MandateRow>({
        name: 'mandates_of_account',
        text: `
          select mandate, status, chain_id, contract, currency, terms, offered_at, position
            from mandates
           where provider = $1
             and account = $2
             and ($3::bigint is null or position < $3)
             and ($5::text is null or terms->>'payer' = $5)
           order by position desc
           limit $4`,
        values: [provider, account, before?.toString(), limit, payer],
      });
      return { mandates: rows.map(listedOf), asOfPosition: await positionOf(client, mandates) };
    });
  }
}

function listedOf({ chain_id: chainId, offered_at: at, position, ...row }: MandateRow): ListedMandate {
  return { ...row, chainId, offeredAt: at.toISOString(), position: BigInt(position) };
}
