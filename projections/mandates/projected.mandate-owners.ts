import type { MandateOwners, OwnedMandate } from '../../services/settlement/application/mandates/mandate-owners.ts';
import type { MandateEnd } from '../../services/settlement/application/watching/settlement-ledger.ts';
import type { UpToDateReads } from '../sql/up-to-date-reads.ts';
import { mandates } from './mandates.projection.ts';

/** From the list of mandates. */
export class ProjectedMandateOwners implements MandateOwners {
  readonly #reads: UpToDateReads;

  constructor(reads: UpToDateReads) {
    this.#reads = reads;
  }

  of(ends: readonly MandateEnd[]): Promise<readonly OwnedMandate[]> {
    return this.#reads.rows<OwnedMandate & Record<string, string>>(mandates, {
      name: 'mandates_owners',
      text: `
        select distinct provider, mandate
          from mandates
          join unnest($1::text[], $2::text[], $3::text[]) as ended (mandate, chain_id, contract) using (mandate, chain_id, contract)
         order by provider, mandate`,
      values: [ends.map(({ mandate }) => mandate), ends.map(({ chainId }) => chainId), ends.map(({ contract }) => contract)],
    });
  }
}
