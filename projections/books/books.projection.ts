import type { PoolClient, QueryConfig } from 'pg';
import type { LedgerEvent } from '../../services/event-store/domain/ledger-event.ts';
import type { Projection } from '../../services/read-store/projection.ts';
import { addToBalances } from '../account-balances/account-balances.projection.ts';
import { addToJournal } from '../journal/journal.projection.ts';
import { schemaFile } from '../sql/schema-file.ts';
import { writeInTurn } from '../sql/write-in-turn.ts';

/**
 * The books: the journal and the balances of its ledger accounts, under one checkpoint. Both are made of the same postings, so they are
 * read once; and whoever looks at them at one moment finds that every balance is the sum of its lines.
 */
export const books: Projection = {
  name: 'books',
  version: 1,
  schema: schemaFile('journal') + schemaFile('account-balances'),
  tables: ['journal_v1', 'account_balances_v1'],
  project: (events, client: PoolClient) => writeInTurn(client, statementsOf(events)),
};

function* statementsOf(events: readonly LedgerEvent[]): Iterable<QueryConfig> {
  yield* addToJournal(events);
  yield* addToBalances(events);
}
