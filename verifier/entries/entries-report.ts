import { anchorLine, checkLines } from '../bill/bill-report.ts';
import type { Unopened } from '../verdict.ts';
import type { EntriesOutcome, ProvenEntry } from './verify-entries.ts';

/** The outcome for people. */
export function entriesTextReport(outcome: EntriesOutcome | Unopened): string {
  if ('reason' in outcome) return `${outcome.verdict}: ${outcome.reason}`;
  const { verdict, isOffline, origin, head, lastAnchor, entries, checks } = outcome;
  const lines = [
    `${verdict === 'VALID' && isOffline ? 'VALID (no chain checked)' : verdict}: ${entries.length} entries, ${origin}`,
    '',
    `head     ${head.size} leaves, root ${head.root}`,
  ];
  if (lastAnchor !== undefined) lines.push(anchorLine(lastAnchor));
  return [...lines, '', ...entries.flatMap(entryLines), '', ...checks.flatMap(checkLines)].join('\n');
}

function entryLines({ index, hash, payload, entry: { at, stream, revisionText, type } }: ProvenEntry): string[] {
  return [`leaf ${index}  ${at}  ${type}  ${stream}@${revisionText}`, `      hash ${hash}, payload ${payload}`];
}
