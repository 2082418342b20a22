import { Inject, Injectable } from '@nestjs/common';
import type { Pool } from 'pg';
import { POOL } from '../../services/read-store/pool.ts';
import type { FailedCollection, FailedCollections } from '../../services/settlement/application/collection-retries.ts';
import type { OpenDispatch, OpenDispatches } from '../../services/settlement/application/open-dispatches.ts';
import type { DispatchFailure } from '../../services/settlement/domain/dispatch.events.ts';
import { positionOf } from '../sql/checkpoint-position.ts';
import { inSnapshot } from '../sql/snapshot.ts';
import { settlementDispatches } from './settlement-dispatches.projection.ts';

export interface ListedDispatch {
  readonly id: string;
  readonly operation: string;
  readonly chainId: string;
  readonly status: string;
  readonly orderedAt: string;
  readonly tx: string | undefined;
  readonly failure: DispatchFailure | undefined;
}

interface DispatchRow {
  readonly id: string;
  readonly operation: string;
  readonly chain_id: string;
  readonly status: string;
  readonly ordered_at: Date;
  readonly tx: string | null;
  readonly failure: DispatchFailure | null;
}

/** A round takes no more at once, so that a pile-up of one provider does not fill the memory. */
const openMax = 500;
const listedMax = 200;

@Injectable()
export class SettlementDispatchesQuery implements OpenDispatches, FailedCollections {
  readonly #pool: Pool;

  constructor(@Inject(POOL) pool: Pool) {
    this.#pool = pool;
  }

  async on(chainId: string): Promise<readonly OpenDispatch[]> {
    const { rows } = await this.#pool.query<OpenDispatch>(
      `select provider, id from settlement_dispatches where chain_id = $1 and status = 'sending' order by ordered_position limit ${openMax}`,
      [chainId],
    );
    return rows;
  }

  async failedSince(since: Date): Promise<readonly FailedCollection[]> {
    const { rows } = await this.#pool.query<{ provider: string; id: string; ordered_at: Date }>(
      `select provider, id, ordered_at from settlement_dispatches
        where operation = 'collect' and status = 'failed' and ordered_at >= $1 order by ordered_position limit ${openMax}`,
      [since],
    );
    return rows.map(({ provider, id, ordered_at: orderedAt }) => ({ provider, id, orderedAt }));
  }

  /** The newest first. */
  list(provider: string, status: string | undefined): Promise<{ readonly dispatches: ListedDispatch[]; readonly asOfPosition: bigint }> {
    return inSnapshot(this.#pool, async (client) => {
      const { rows } = await client.query<DispatchRow>(
        `select id, operation, chain_id, status, ordered_at, tx, failure from settlement_dispatches
          where provider = $1 and ($2::text is null or status = $2)
          order by ordered_position desc limit ${listedMax}`,
        [provider, status ?? null],
      );
      return { dispatches: rows.map(listedOf), asOfPosition: await positionOf(client, settlementDispatches) };
    });
  }
}

function listedOf({ id, operation, chain_id: chainId, status, ordered_at, tx, failure }: DispatchRow): ListedDispatch {
  return { id, operation, chainId, status, orderedAt: ordered_at.toISOString(), tx: tx ?? undefined, failure: failure ?? undefined };
}
