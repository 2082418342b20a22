import { Inject, Injectable } from '@nestjs/common';
import type { Pool } from 'pg';
import { POOL } from '../../services/read-store/pool.ts';
import type { FailedCollection, FailedCollections } from '../../services/settlement/application/mandates/collection-retries.ts';
import type { OpenDispatch, OpenDispatches } from '../../services/settlement/application/sending/open-dispatches.ts';
import type { UnseenDispatch, UnseenDispatches } from '../../services/settlement/application/sending/unseen-effects.ts';
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

/** What is done, and of which nothing that it did stands. */
export interface TakenBackDispatch {
  readonly id: string;
  readonly operation: string;
  readonly chainId: string;
  readonly tx: string;
  readonly orderedAt: Date;
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

interface FailedRow {
  readonly provider: string;
  readonly id: string;
  readonly ordered_at: Date;
  readonly ordered_position: bigint;
}

/** A round takes no more of one provider, and reads no more at once: a pile-up neither fills the memory nor keeps what is behind it. */
const openMax = 500;
const listedMax = 200;

@Injectable()
export class SettlementDispatchesQuery implements OpenDispatches, FailedCollections, UnseenDispatches {
  readonly #pool: Pool;

  constructor(@Inject(POOL) pool: Pool) {
    this.#pool = pool;
  }

  async on(chainId: string): Promise<readonly OpenDispatch[]> {
    const { rows } = await this.#pool.query<OpenDispatch>({
      name: 'settlement_dispatches_open',
      text: `
        select provider, id
          from (
            select provider, id, ordered_position, row_number() over (partition by provider order by ordered_position) as place
              from settlement_dispatches
             where chain_id = $1 and status = 'sending'
          ) of_provider
         where place <= $2
         order by ordered_position`,
      values: [chainId, openMax],
    });
    return rows;
  }

  async *failedSince(since: Date): AsyncGenerator<FailedCollection> {
    for (let [after, isMore] = [0n, true]; isMore;) {
      const { rows } = await this.#pool.query<FailedRow>({
        name: 'settlement_dispatches_failed',
        text: `
          select provider, id, ordered_at, ordered_position
            from settlement_dispatches
           where operation = 'collect' and status = 'failed' and ordered_at >= $1 and ordered_position > $2
           order by ordered_position
           limit $3`,
        values: [since, after, openMax],
      });
      for (const { provider, id, ordered_at: orderedAt } of rows) yield { provider, id, orderedAt };
      [after, isMore] = [rows.at(-1)?.ordered_position ?? after, rows.length === openMax];
    }
  }

  /** Any effect of a transaction shows that it is there. A revocation and an expiry may have none. */
  async unseen({ since, after, limit }: Parameters<UnseenDispatches['unseen']>[0]): Promise<readonly UnseenDispatch[]> {
    const { rows } = await this.#pool.query<UnseenDispatch>({
      name: 'settlement_dispatches_unseen',
      text: `
        select provider, id, ordered_position as position
          from settlement_dispatches as done
         where status = 'done' and operation not in ('revoke', 'expire') and ordered_at >= $1 and ordered_position > $2
           and not exists (
             select from settlements as shown
              where shown.tx = done.tx and shown.provider = done.provider and shown.chain_id = done.chain_id
                and shown.standing not in ('observed', 'confirmed', 'reorged'))
         order by ordered_position
         limit $3`,
      values: [since, after, limit],
    });
    return rows;
  }

  /** The oldest first, at most 200. */
  async takenBack(provider: string): Promise<readonly TakenBackDispatch[]> {
    const { rows } = await this.#pool.query<TakenBackDispatch>({
      name: 'settlement_dispatches_taken_back',
      text: `
        select id, operation, chain_id as "chainId", tx, ordered_at as "orderedAt"
          from settlement_dispatches as done
         where provider = $1 and status = 'done' and operation not in ('revoke', 'expire')
           and (select bool_and(shown.standing = 'reorged') from settlements as shown
                 where shown.tx = done.tx and shown.provider = done.provider and shown.chain_id = done.chain_id)
         order by ordered_position
         limit ${listedMax}`,
      values: [provider],
    });
    return rows;
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
