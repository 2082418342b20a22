import type { PoolClient } from 'pg';
import type { LedgerEvent } from '../../services/event-store/domain/ledger-event.ts';
import { partsOf } from '../../services/event-store/domain/stream-name.ts';
import type { Projection } from '../../services/read-store/projection.ts';
import { type ChainLog, tokenOfLog } from '../../services/settlement/domain/chain-effect.ts';
import type {
  ReceiptAllocated,
  ReceiptUnmatched,
  SettlementEvent,
  SettlementObserved,
} from '../../services/settlement/domain/settlement.events.ts';
import { ImpossibleEventDefect } from '../ledger/impossible-event.ts';
import { schemaFile } from '../sql/schema-file.ts';
import type { SettlementStanding } from './settlement-standing.ts';

/** What happened on chain, effect by effect. There are few beside what else a ledger holds, so each event is written by itself. */
export const settlements: Projection = {
  name: 'settlements',
  version: 1,
  schema: schemaFile('settlements'),
  tables: ['settlements_v1'],
  filter: { typePrefixes: ['Settlement', 'ReceiptUnmatched/', 'ReceiptAllocated/', 'TreasuryMoved/'] },
  project,
};

async function project(events: Iterable<LedgerEvent>, client: PoolClient): Promise<void> {
  for (const event of events) {
    // The payload was checked when it was written; its type names its shape.
    const known = { type: event.type, data: event.fin } as unknown as SettlementEvent;
    switch (known.type) {
      case 'SettlementObserved/1':
        await observed(client, event, known.data);
        break;
      case 'SettlementConfirmed/1':
        await moved(client, event, 'confirmed');
        break;
      case 'SettlementFinalized/1':
        await moved(client, event, 'finalized');
        break;
      case 'SettlementReorged/1':
      case 'SettlementReversed/1':
        await moved(client, event, 'reorged');
        break;
      case 'TreasuryMoved/1':
        await moved(client, event, 'moved', known.data);
        break;
      case 'ReceiptUnmatched/1':
        await moved(client, event, 'unmatched', known.data);
        break;
      case 'ReceiptAllocated/1':
        await moved(client, event, 'allocated', known.data);
        break;
      default: // Another event whose name begins like these.
    }
  }
}

/** Seen the first time, or again: then in another block, and perhaps in another transaction. */
async function observed(client: PoolClient, event: LedgerEvent, data: SettlementObserved): Promise<void> {
  const { chainId, contract, effect, key, log, block, tx, logIndex, payment, refund, unmatched } = data;
  const whose = payment ?? refund;
  await client.query({
    name: 'settlements_observe',
    text: `
      insert into settlements_v1
        (provider, settlement, chain_id, contract, effect, key, name, standing, block_number, block_hash, block_time, tx, log_index,
         token_address, event_id, slot, account, purpose, invoice, amount, currency, token, token_amount, payer, reason, observed_at,
         changed_at, position)
      values ($1, $2, $3, $4, $5, $6, $7, 'observed', $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24,
              $25, $25, $26)
      on conflict (provider, settlement) do update
         set name = excluded.name, standing = excluded.standing, block_number = excluded.block_number, block_hash = excluded.block_hash,
             block_time = excluded.block_time, tx = excluded.tx, log_index = excluded.log_index, token_address = excluded.token_address,
             event_id = excluded.event_id, slot = excluded.slot, account = excluded.account, purpose = excluded.purpose,
             invoice = excluded.invoice, amount = excluded.amount, currency = excluded.currency, token = excluded.token,
             token_amount = excluded.token_amount, payer = excluded.payer, reason = excluded.reason, observed_at = excluded.observed_at,
             changed_at = excluded.changed_at, position = excluded.position`,
    values: [
      ...[event.provider, idOf(event), chainId, contract, effect, key, log.name, block.number, block.hash, block.time, tx, logIndex],
      ...[tokenOfLog(log) ?? null, eventOf(log), whose?.slot ?? null, whose?.account ?? null, payment?.purpose.kind ?? null],
      ...[payment?.purpose.kind === 'invoice' ? payment.purpose.invoice : null, whose?.amount ?? null, whose?.currency ?? null],
      ...[whose?.token ?? null, whose?.tokenAmount ?? null, payment?.payer ?? null, unmatched ?? null, event.at, event.position],
    ],
  });
}

type Learnt = { readonly reason?: string } & Partial<
  Pick<ReceiptUnmatched, 'token' | 'tokenAmount' | 'from'> & Pick<ReceiptAllocated, 'account' | 'amount' | 'currency'>
>;

/** What the event says beyond the observation fills what was open. */
async function moved(client: PoolClient, event: LedgerEvent, standing: SettlementStanding, learnt: Learnt = {}): Promise<void> {
  const { account = null, amount = null, currency = null, token = null, tokenAmount = null, from = null, reason = null } = learnt;
  const { rowCount } = await client.query({
    name: 'settlements_move',
    text: `
      update settlements_v1
         set standing = $3, changed_at = $4, position = $5, account = coalesce(account, $6), amount = coalesce(amount, $7),
             currency = coalesce(currency, $8), token = coalesce(token, $9), token_amount = coalesce(token_amount, $10),
             payer = coalesce(payer, $11), reason = case when $3 = 'unmatched' then $12 else reason end
       where provider = $1 and settlement = $2`,
    values: [
      ...[event.provider, idOf(event), standing, event.at, event.position, account, amount, currency, token, tokenAmount],
      ...[from === '' ? null : from, reason],
    ],
  });
  if (rowCount !== 1) throw new ImpossibleEventDefect(event, 'its effect was never observed');
}

function idOf(event: LedgerEvent): string {
  const parts = partsOf(event.stream);
  if (parts?.kind !== 'settlement') throw new ImpossibleEventDefect(event, 'its stream is none of a settlement');
  return parts.id;
}

function eventOf(log: ChainLog): string | null {
  return 'eventId' in log ? log.eventId : null;
}
