import type { PoolClient } from 'pg';
import type { LedgerEvent } from '../../services/event-store/domain/ledger-event.ts';
import { partsOf } from '../../services/event-store/domain/stream-name.ts';
import type { Projection } from '../../services/read-store/projection.ts';
import { type DispatchEvent, operationOf } from '../../services/settlement/domain/dispatch.events.ts';
import { schemaFile } from '../sql/schema-file.ts';

const typePrefixes = [
  'RefundOrdered/',
  'CaptureOrdered/',
  'EventCancelOrdered/',
  'PurchaseRefundOrdered/',
  'RefundClaimOrdered/',
  'CollectOrdered/',
  'RevocationOrdered/',
  'CreditIssueOrdered/',
  'CreditRefundOrdered/',
  'CreditExpiryOrdered/',
  'RedemptionOrdered/',
  'RelayOrdered/',
  'DispatchFailed/',
  'DispatchDone/',
  'DispatchUndone/',
];

/** What was ordered to be brought onto a chain, each with its last order and how that ended. */
export const settlementDispatches: Projection = {
  name: 'settlement-dispatches',
  version: 1,
  schema: schemaFile('settlement-dispatches'),
  tables: ['settlement_dispatches_v1'],
  filter: { typePrefixes },
  project,
};

async function project(events: Iterable<LedgerEvent>, client: PoolClient): Promise<void> {
  for (const event of events) await projectOne(event, client);
}

/** The type names the shape of the payload. */
async function projectOne(event: LedgerEvent, client: PoolClient): Promise<void> {
  const { type, fin: data } = event;
  const known = { type, data } as unknown as DispatchEvent;
  const id = partsOf(event.stream)?.id;
  const at = [event.provider, id, event.position];
  switch (known.type) {
    case 'DispatchFailed/1':
      await client.query(
        `update settlement_dispatches_v1 set status = 'failed', tx = $4, failure = $5, position = $3 where provider = $1 and id = $2`,
        [...at, known.data.tx, JSON.stringify(known.data.failure)],
      );
      return;
    case 'DispatchDone/1':
      await client.query(
        `update settlement_dispatches_v1 set status = 'done', tx = $4, failure = null, position = $3 where provider = $1 and id = $2`,
        [...at, known.data.tx],
      );
      return;
    case 'DispatchUndone/1':
      await client.query(
        `update settlement_dispatches_v1 set status = 'sending', tx = null, position = $3 where provider = $1 and id = $2`,
        at,
      );
      return;
    default:
      await client.query(
        `insert into settlement_dispatches_v1 (provider, id, position, ordered_position, operation, chain_id, status, ordered_at)
         values ($1, $2, $3, $3, $4, $5, 'sending', $6)
         on conflict (provider, id) do update
           set operation = excluded.operation, status = 'sending', ordered_at = excluded.ordered_at, tx = null, failure = null,
               ordered_position = excluded.ordered_position, position = excluded.position`,
        [...at, operationOf(known), known.data.chainId, event.at],
      );
  }
}
