import type { PoolClient } from 'pg';
import type { LedgerEvent } from '../../services/event-store/domain/ledger-event.ts';
import type { Projection } from '../../services/read-store/projection.ts';
import { addedBalances } from '../account-balances/account-balances.projection.ts';
import { journalLines } from '../journal/journal.projection.ts';
import { postedEvents } from '../ledger/event-postings.ts';
import { indexesFile, schemaFile } from '../sql/schema-file.ts';
import { type Write, writeInTurn } from '../sql/write-in-turn.ts';

/**
 * The books: the journal and the balances of its ledger accounts, under one checkpoint. Both are made of the same postings, so they are
 * read once; and whoever looks at them at one moment finds that every balance is the sum of its lines.
 */
export const books: Projection = {
  name: 'books',
  version: 1,
  schema: schemaFile('journal') + schemaFile('account-balances'),
  indexes: indexesFile('journal') + indexesFile('account-balances'),
  tables: ['journal_v1', 'account_balances_v1'],
  project: (events, client: PoolClient) => writeInTurn(client, writesOf(events)),
};

function* writesOf(events: Iterable<LedgerEvent>): Iterable<Write> {
  const posted = [...postedEvents(events)];
  if (posted.length === 0) return;
  yield journalLines(posted);
  yield addedBalances(posted);
}
