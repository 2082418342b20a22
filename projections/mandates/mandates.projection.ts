import type { PoolClient } from 'pg';
import type { LedgerEvent } from '../../services/event-store/domain/ledger-event.ts';
import type { Projection } from '../../services/read-store/projection.ts';
import type { MandateEvent, MandateOffered } from '../../services/settlement/domain/mandate.events.ts';
import { ImpossibleEventDefect } from '../ledger/impossible-event.ts';
import { schemaFile } from '../sql/schema-file.ts';

/** The mandates that accounts were offered, agreed to and ended. */
export const mandates: Projection = {
  name: 'mandates',
  version: 1,
  schema: schemaFile('mandates'),
  tables: ['mandates_v1'],
  filter: { typePrefixes: ['MandateOffered/', 'MandateSigned/', 'MandateRevoked/'] },
  project,
};

async function project(events: Iterable<LedgerEvent>, client: PoolClient): Promise<void> {
  for (const event of events) {
    // The payload was checked when it was written; its type names its shape.
    const known = { type: event.type, data: event.fin } as unknown as MandateEvent;
    if (known.type === 'MandateOffered/1') await offered(client, event, known.data);
    else await moved(client, event, known);
  }
}

async function offered(client: PoolClient, { provider, at, position }: LedgerEvent, data: MandateOffered): Promise<void> {
  const { mandate, account, chainId, contract, tokenCurrency, terms } = data;
  await client.query(
    `insert into mandates_v1 (provider, mandate, account, chain_id, contract, currency, terms, status, offered_at, position)
     values ($1, $2, $3, $4, $5, $6, $7, 'offered', $8, $9)`,
    [provider, mandate, account, chainId, contract, tokenCurrency, JSON.stringify(terms), at, position],
  );
}

async function moved(client: PoolClient, event: LedgerEvent, { type, data: { mandate } }: MandateEvent): Promise<void> {
  const status = type === 'MandateSigned/1' ? 'agreed' : 'revoked';
  const { rowCount } = await client.query('update mandates_v1 set status = $3 where provider = $1 and mandate = $2', [
    ...[event.provider, mandate, status],
  ]);
  if (rowCount !== 1) throw new ImpossibleEventDefect(event, 'its mandate was never offered');
}
