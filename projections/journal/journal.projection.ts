import type { QueryConfig } from 'pg';
import type { LedgerEvent } from '../../services/event-store/domain/ledger-event.ts';
import { effectiveAtOf } from '../ledger/effective-at.ts';
import { postingsOf, type PostedLine } from '../ledger/event-postings.ts';
import { bigintColumn, textColumn } from '../sql/column-array.ts';

/** Small enough that the server has work while the next statement is made, large enough that a statement's own cost is nothing. */
const eventsPerStatement = 250;

/** Double entry, line by line: adds one row for each posting of every event, whatever its type. */
export function* addToJournal(events: readonly LedgerEvent[]): Iterable<QueryConfig> {
  for (let from = 0; from < events.length; from += eventsPerStatement) {
    const statement = statementOf(events.slice(from, from + eventsPerStatement));
    if (statement !== undefined) yield statement;
  }
}

/** What belongs to the event is sent once an event and joined to its lines by the server. */
function statementOf(events: readonly LedgerEvent[]): QueryConfig | undefined {
  const posting: LedgerEvent[] = [];
  const lines: PostedLine[] = [];
  const lineEvents: bigint[] = [];
  const lineNumbers: bigint[] = [];
  for (const event of events) {
    const postings = postingsOf(event);
    if (postings.length === 0) continue;
    posting.push(event);
    postings.forEach((line, index) => {
      lines.push(line);
      lineEvents.push(BigInt(posting.length));
      lineNumbers.push(BigInt(index));
    });
  }
  if (lines.length === 0) return undefined;
  return {
    name: 'journal_add',
    text: `
      insert into journal_v1
        (provider, position, line, event_id, type, ledger_account, direction, amount, currency, effective_at, recorded_at)
      select event.provider, event.position, line.number, event.id, event.type, line.ledger_account, line.direction, line.amount,
             line.currency, event.effective_at, event.recorded_at
        from unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::text[]::numeric[], $6::text[])
               as line (event, number, ledger_account, direction, amount, currency)
        join unnest($7::text[], $8::bigint[], $9::text[]::uuid[], $10::text[], $11::text[]::timestamptz[], $12::text[]::timestamptz[])
               with ordinality as event (provider, position, id, type, effective_at, recorded_at, number)
          on event.number = line.event`,
    values: [
      bigintColumn(lineEvents),
      bigintColumn(lineNumbers),
      textColumn(lines.map(({ ledgerAccount }) => ledgerAccount)),
      textColumn(lines.map(({ direction }) => direction)),
      textColumn(lines.map(({ text }) => text)),
      textColumn(lines.map(({ currency }) => currency)),
      textColumn(posting.map(({ provider }) => provider)),
      bigintColumn(posting.map(({ position }) => position)),
      textColumn(posting.map(({ id }) => id)),
      textColumn(posting.map(({ type }) => type)),
      textColumn(posting.map(effectiveAtOf)),
      textColumn(posting.map(({ at }) => at)),
    ],
  };
}
