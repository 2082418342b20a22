import type { Pool } from 'pg';
import type { FinalClaim, FinalClaims } from '../../services/settlement/application/watching/final-claims.ts';
import { providerIdOf } from '../../services/settlement/domain/chain-number.ts';

interface ClaimRow extends Omit<FinalClaim, 'providerId'> {
  readonly provider: string;
  readonly settlement: string;
}

const pageSize = 1_000;

/** What the read model shows as final, as far as it has come: whoever asks looks at the streams before it says anything. */
export class ProjectedFinalClaims implements FinalClaims {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  async *pages(chainId: string, upTo: bigint): AsyncIterable<readonly FinalClaim[]> {
    if (!(await this.#isThere())) return;
    for (let [provider, settlement] = ['', '']; ;) {
      const { rows } = await this.#pool.query<ClaimRow>({
        name: 'settlements_final_claims',
        text: `
          select provider, settlement, chain_id as "chainId", contract, effect, key, block_number::text as block, tx
            from settlements
           where chain_id = $1 and block_number <= $2 and standing in ('finalized', 'unmatched', 'allocated', 'moved')
             and (provider, settlement) > ($3, $4)
           order by provider, settlement
           limit ${pageSize}`,
        values: [chainId, upTo, provider, settlement],
      });
      yield rows.map(({ provider: slug, settlement: _, ...claim }) => ({ ...claim, providerId: providerIdOf(slug) }));
      const last = rows.at(-1);
      if (last === undefined || rows.length < pageSize) return;
      [provider, settlement] = [last.provider, last.settlement];
    }
  }

  /** No service has run on this database yet where it is not. */
  async #isThere(): Promise<boolean> {
    const { rows } = await this.#pool.query<{ found: boolean }>(`select to_regclass('settlements') is not null as found`);
    return rows[0]?.found === true;
  }
}
