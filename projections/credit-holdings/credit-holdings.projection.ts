import type { PoolClient } from 'pg';
import type { LedgerEvent } from '../../services/event-store/domain/ledger-event.ts';
import type { Projection } from '../../services/read-store/projection.ts';
import type { CreditHoldingEvent } from '../../services/settlement/domain/credit.events.ts';
import { schemaFile } from '../sql/schema-file.ts';

/** Whose the prepaid credit under an address is, month by month. */
export const creditHoldings: Projection = {
  name: 'credit-holdings',
  version: 1,
  schema: schemaFile('credit-holdings'),
  tables: ['credit_holdings_v1'],
  filter: { typePrefixes: ['CreditMoved/', 'CreditMoveReversed/'] },
  project,
};

async function project(events: Iterable<LedgerEvent>, client: PoolClient): Promise<void> {
  for (const event of events) {
    // The payload was checked when it was written; both types have the same changes.
    const { chainId, contract, holder, name, changes } = event.fin as unknown as CreditHoldingEvent['data'];
    await client.query({
      name: 'credit_holdings_change',
      text: `
        insert into credit_holdings_v1 (provider, chain_id, contract, holder, revision, ordinal, account, name, epoch, units)
        select $1, $2, $3, $4, $5, change.ordinal - 1, change.account, $6, change.epoch, change.units
          from unnest($7::text[], $8::integer[], $9::numeric[]) with ordinality as change (account, epoch, units, ordinal)`,
      values: [
        ...[event.provider, chainId, contract, holder, event.revision, name],
        ...[changes.map(({ account }) => account ?? null), changes.map(({ epoch }) => epoch), changes.map(({ units }) => units)],
      ],
    });
  }
}
