import type { EscrowedEvent, EscrowPurchases } from '../../services/settlement/application/escrow/escrow-purchases.ts';
import type { OpenEscrow, OpenEscrows } from '../../services/settlement/application/escrow/escrow-reclaims.ts';
import type { HeldPurchase } from '../../services/settlement/domain/refund-claims.ts';
import type { UpToDateReads } from '../sql/up-to-date-reads.ts';
import { settlements } from './settlements.projection.ts';

/** Finds purchases once the read model has seen everything that was in the log when it was asked. */
export class ProjectedEscrowPurchases implements EscrowPurchases, OpenEscrows {
  readonly #reads: UpToDateReads;

  constructor(reads: UpToDateReads) {
    this.#reads = reads;
  }

  async slotsOf(provider: string, { chainId, contract, eventId, token }: EscrowedEvent): Promise<readonly string[]> {
    const rows = await this.#reads.rows<{ key: string }>(settlements, {
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

  boughtIn(provider: string, { chainId, contract, eventId }: Omit<EscrowedEvent, 'token'>): Promise<readonly HeldPurchase[]> {
    return this.#reads.rows<HeldPurchase>(settlements, {
      name: 'settlements_bought',
      text: `
        select key as slot, token_address as token
          from settlements
         where provider = $1 and chain_id = $2 and contract = $3 and event_id = $4
           and name = 'Purchased' and standing in ('finalized', 'unmatched')
         order by key`,
      values: [provider, chainId, contract, eventId],
    });
  }

  openEscrows(): Promise<readonly OpenEscrow[]> {
    return this.#reads.rows<OpenEscrow>(settlements, {
      name: 'settlements_open_escrows',
      text: `
        select opened.provider, opened.chain_id as "chainId", opened.contract, opened.event_id as "eventId", count(*)::int as held
          from settlements as opened
          join settlements as bought using (provider, chain_id, contract, event_id)
         where opened.name = 'EventOpened' and opened.standing = 'finalized'
           and bought.name = 'Purchased' and bought.standing in ('finalized', 'unmatched')
           and not exists (
             select from settlements as ended
              where ended.provider = opened.provider and ended.chain_id = opened.chain_id and ended.contract = opened.contract
                and ended.event_id = opened.event_id and ended.name in ('EventCancelled', 'EventCaptured')
                and ended.standing in ('finalized', 'unmatched'))
           and not exists (
             select from settlements as returned
              where returned.provider = bought.provider and returned.chain_id = bought.chain_id and returned.contract = bought.contract
                and returned.event_id = bought.event_id and returned.effect = 'purchase-refund' and returned.key = bought.key
                and returned.standing in ('finalized', 'unmatched'))
         group by opened.provider, opened.chain_id, opened.contract, opened.event_id
         order by opened.provider, opened.event_id`,
    });
  }
}
