import type { QueryConfig } from 'pg';
import type { LedgerEvent } from '../../services/event-store/domain/ledger-event.ts';
import { effectiveAtOf } from '../ledger/effective-at.ts';
import type { PostedEvent } from '../ledger/event-postings.ts';
import { int8Array, textArray } from '../../services/read-store/array-parameter.ts';

/**
 * Double entry, line by line: adds one row for each posting of at least one event. What belongs to the event is sent once an event and
 * joined to its lines by the server.
 */
export function journalStatement(events: readonly PostedEvent[]): QueryConfig {
  const lines = events.flatMap((event) => event.lines);
  const lineEvents = events.flatMap(({ lines: own }, index) => own.map(() => BigInt(index + 1)));
  const lineNumbers = events.flatMap(({ lines: own }) => own.map((_, index) => BigInt(index)));
  const ofEvents = (value: (event: LedgerEvent) => string) => textArray(events.map(({ event }) => value(event)));
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
      int8Array(lineEvents),
      int8Array(lineNumbers),
      textArray(lines.map(({ ledgerAccount }) => ledgerAccount)),
      textArray(lines.map(({ direction }) => direction)),
      textArray(lines.map(({ text }) => text)),
      textArray(lines.map(({ currency }) => currency)),
      ofEvents(({ provider }) => provider),
      int8Array(events.map(({ event }) => event.position)),
      ofEvents(({ id }) => id),
      ofEvents(({ type }) => type),
      ofEvents(effectiveAtOf),
      ofEvents(({ at }) => at),
    ],
  };
}
