import type { TitleBuyers } from '../../services/settlement/application/escrow/title-buyers.ts';
import type { UpToDateReads } from '../sql/up-to-date-reads.ts';
import { entitlements } from './entitlements.projection.ts';

/** Finds buyers once the read model has seen everything that was in the log when it was asked. */
export class ProjectedTitleBuyers implements TitleBuyers {
  readonly #reads: UpToDateReads;

  constructor(reads: UpToDateReads) {
    this.#reads = reads;
  }

  async accountsOf(provider: string, title: string): Promise<readonly string[]> {
    const rows = await this.#reads.rows<{ account: string }>(entitlements, {
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
