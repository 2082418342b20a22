import type { Pool } from 'pg';
import type { EventStore } from '../../services/event-store/domain/event-store.ts';
import type { ProjectionProgress } from '../../services/read-store/projection-progress.ts';
import type { EscrowedEvent, EscrowPurchases } from '../../services/settlement/application/escrow-purchases.ts';
import type { HeldPurchase } from '../../services/settlement/domain/refund-claims.ts';
import { settlements } from './settlements.projection.ts';

/** How long a capture waits for the read model; the watcher tells it again later. */
const patienceMs = 30_000;

/** Finds purchases once the read model has seen everything that was in the log when it was asked. */
export class ProjectedEscrowPurchases implements EscrowPurchases {
  readonly #pool: Pool;
  readonly #store: EventStore;
  readonly #progress: ProjectionProgress;

  constructor({ pool, store, progress }: { readonly pool: Pool; readonly store: EventStore; readonly progress: ProjectionProgress }) {
    [this.#pool, this.#store, this.#progress] = [pool, store, progress];
  }

  async slotsOf(provider: string, { chainId, contract, eventId, token }: EscrowedEvent): Promise<readonly string[]> {
    await this.#upToDate();
    const { rows } = await this.#pool.query<{ key: string }>({
      name: 'settlements_purchases',
      text: `
        select key
          from settlements as bought
         where provider = $1 and chain_id = $2 and contract = $3 and event_id = $4
           and name = 'Purchased' and standing in ('finalized', 'unmatched')
           and ($5::text is null or token_address = $5)
           and not exists (
             select from settlements as returned
              where returned.provider = bought.provider and returned.chain_id = bought.chain_id and returned.contract = bought.contract
                and returned.event_id = bought.event_id and returned.effect = 'purchase-refund' and returned.key = bought.key
                and returned.standing in ('finalized', 'unmatched'))
         order by key`,
      values: [provider, chainId, contract, eventId, token],
    });
    return rows.map(({ key }) => key);
  }

  async boughtIn(provider: string, { chainId, contract, eventId }: Omit<EscrowedEvent, 'token'>): Promise<readonly HeldPurchase[]> {
    await this.#upToDate();
    const { rows } = await this.#pool.query<HeldPurchase>({
      name: 'settlements_bought',
      text: `
        select key as slot, token_address as token
          from settlements
         where provider = $1 and chain_id = $2 and contract = $3 and event_id = $4
           and name = 'Purchased' and standing in ('finalized', 'unmatched')
         order by key`,
      values: [provider, chainId, contract, eventId],
    });
    return rows;
  }

  async #upToDate(): Promise<void> {
    const { position } = await this.#store.head();
    await this.#progress.waitFor(settlements, { position, timeoutMs: patienceMs });
  }
}
