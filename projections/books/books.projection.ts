import type { PoolClient, QueryConfig } from 'pg';
import type { LedgerEvent } from '../../services/event-store/domain/ledger-event.ts';
import { chunks } from '../../services/read-store/chunks.ts';
import type { Projection } from '../../services/read-store/projection.ts';
import { BalanceSums } from '../account-balances/account-balances.projection.ts';
import { journalStatement } from '../journal/journal.projection.ts';
import { postedEvents } from '../ledger/event-postings.ts';
import { indexesFile, schemaFile } from '../sql/schema-file.ts';
import { writeInTurn } from '../sql/write-in-turn.ts';

/**
 * The books: the journal and the balances of its ledger accounts, under one checkpoint. Both are made of the same postings, so they are
 * read once; and whoever looks at them at one moment finds that every balance is the sum of its lines.
 */
export const books: Projection = {
  name: 'books',
  version: 1,
  schema: schemaFile('journal') + schemaFile('account-balances'),
  indexes: indexesFile('journal'),
  tables: ['journal_v1', 'account_balances_v1'],
  project: (events, client: PoolClient) => writeInTurn(client, statementsOf(events)),
};

/** Small enough that the server has work while the next statement is made, large enough that a statement's own cost is nothing. */
const eventsPerStatement = 250;

function* statementsOf(events: Iterable<LedgerEvent>): Iterable<QueryConfig> {
  const sums = new BalanceSums();
  for (const posted of chunks(postedEvents(events), eventsPerStatement)) {
    sums.add(posted);
    yield journalStatement(posted);
  }
  const balances = sums.statement();
  if (balances !== undefined) yield balances;
}
