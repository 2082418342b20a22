import type { ClientBase, Pool } from 'pg';

/**
 * Lets the ledger hear again, from the beginning, of all that was seen on chains and of all that was lost: for an event store that may have
 * forgotten what it was told. What it has changes nothing there. Nobody may watch meanwhile; safe to repeat.
 */
export async function tellAgain(client: ClientBase | Pool): Promise<void> {
  await client.query(
    // Told again, the loss of what stands by now in the same block would take that back, and so would what somebody decided to take back.
    `with again as (
       update settlement_watch_log gone set state = 'lost'
       where state = 'undone' and provider_id is not null and (reason is not null or standing is distinct from 'finalized') and not exists (
         select from settlement_watch_log seen
         where seen.state = 'seen' and seen.chain_id = gone.chain_id and seen.contract = gone.contract
           and seen.provider_id = gone.provider_id and seen.effect = gone.effect and seen.key = gone.key
           and (gone.reason is not null or (seen.block_hash = gone.block_hash and seen.tx = gone.tx and seen.log_index = gone.log_index)))
     )
     update settlement_watch_log set standing = null where state = 'seen' and standing is not null`,
  );
}
