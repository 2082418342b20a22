import { effectiveAtOf } from '../ledger/effective-at.ts';
import type { PostedEvent } from '../ledger/event-postings.ts';
import { copyRows, copyText } from '../sql/copy-rows.ts';
import type { Write } from '../sql/write-in-turn.ts';

const columns = 'provider, position, event_id, type, effective_at, recorded_at, line, ledger_account, direction, amount, currency';

/** Double entry, line by line: adds one row for each posting. Only a ledger account may hold what COPY takes for something else. */
export function journalLines(events: readonly PostedEvent[]): Write {
  let rows = '';
  for (const { event, lines } of events) {
    const { provider, position, id, type, at } = event;
    const ofEvent = `${provider}\t${position}\t${id}\t${type}\t${effectiveAtOf(event)}\t${at}\t`;
    lines.forEach(({ ledgerAccount, direction, text, currency }, line) => {
      rows += `${ofEvent}${line}\t${copyText(ledgerAccount)}\t${direction}\t${text}\t${currency}\n`;
    });
  }
  return (client) => copyRows(client, { table: 'journal_v1', columns, rows });
}
