import type { Pool } from 'pg';
import type { EventStore } from '../../services/event-store/domain/event-store.ts';
import type { ProjectionProgress } from '../../services/read-store/projection-progress.ts';
import type { TitleBuyers } from '../../services/settlement/application/title-buyers.ts';
import { entitlements } from './entitlements.projection.ts';

/** How long a cancellation waits for the read model; the process is run again later. */
const patienceMs = 30_000;

/** Finds buyers once the read model has seen everything that was in the log when it was asked. */
export class ProjectedTitleBuyers implements TitleBuyers {
  readonly #pool: Pool;
  readonly #store: EventStore;
  readonly #progress: ProjectionProgress;

  constructor({ pool, store, progress }: { readonly pool: Pool; readonly store: EventStore; readonly progress: ProjectionProgress }) {
    [this.#pool, this.#store, this.#progress] = [pool, store, progress];
  }

  async accountsOf(provider: string, title: string): Promise<readonly string[]> {
    const { position } = await this.#store.head();
    await this.#progress.waitFor(entitlements, { position, timeoutMs: patienceMs });
    const { rows } = await this.#pool.query<{ account: string }>({
      name: 'entitlements_buyers',
      text: `
        select distinct account
          from entitlements
         where provider = $1 and title = $2 and withdrawn_at is null
         order by account`,
      values: [provider, title],
    });
    return rows.map(({ account }) => account);
  }
}
