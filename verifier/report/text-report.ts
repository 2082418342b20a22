import type { CheckOutcome, Outcome, Unopened } from '../verdict.ts';
import { instantText } from '../log/instant.ts';
import type { EventName } from './bad-event.ts';

const toldMax = 5;

/** The outcome for people. */
export function textReport(outcome: Outcome | Unopened, badEvent: EventName | undefined): string {
  if ('reason' in outcome) return printable(`${outcome.verdict}: ${outcome.reason}`);
  const { verdict, isOffline, origin, provenSize, size, root, lastAnchor, checks, firstBad, counts } = outcome;
  const lines = [
    `${verdict === 'VALID' && isOffline ? 'VALID (no chain checked)' : verdict}: leaves 0 to ${provenSize} of ${size}, ${origin}`,
    ...badEventLines(firstBad, badEvent),
    '',
    `head     ${size} leaves, root ${root}`,
  ];
  if (size > provenSize) lines.push(`tail     leaves ${provenSize} to ${size} have no final anchor yet and are not under verdict`);
  if (lastAnchor !== undefined) {
    const { chain, seq, block, tx, time } = lastAnchor;
    lines.push(`anchor   ${seq} on chain ${chain.chainId}, block ${block} of ${instantText(time)}, transaction ${tx}`);
  }
  lines.push(
    `read     ${counts.leaves} leaves of ${counts.streams} streams, ${counts.opened} payloads opened, ${counts.withheld} unopened, ${counts.commitments} commitments to balances`,
  );
  const { committed, opened, erased, unopened } = counts.personal;
  if (committed > 0)
    lines.push(`personal ${committed} commitments to personal data: ${opened} opened, ${erased} erased, ${unopened} unopened`);
  lines.push('', ...checks.flatMap(checkLines));
  return printable(lines.join('\n'));
}

/** What a log, a node or a server said may hold what a terminal obeys. */
function printable(text: string): string {
  return text.replace(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g, '\ufffd');
}

function badEventLines(firstBad: Outcome['firstBad'], badEvent: EventName | undefined): string[] {
  if (firstBad === undefined) return [];
  const { check, index, message } = firstBad;
  const name = badEvent && `, stream ${badEvent.stream}, revision ${badEvent.revision}, event ${badEvent.id} (${badEvent.type})`;
  return [`first bad event: leaf ${index}${name ?? ''}`, `${check}: ${message}`];
}

function checkLines({
  id,
  name,
  result,
  reason,
  invalid,
  invalidCount,
  unverifiable,
  unverifiableInTail,
  findings,
  findingCount,
}: CheckOutcome) {
  const lines = [`${id.padEnd(4)}${name.padEnd(21)} ${result}${reason === undefined ? '' : ` (${reason})`}`];
  for (const { index, message, evidence } of invalid.slice(0, toldMax)) {
    lines.push(`      ${leafOf(index)}${message}`);
    for (const [term, value] of Object.entries(evidence ?? {})) lines.push(`        ${term}: ${value.trimEnd().replaceAll('\n', ' | ')}`);
  }
  if (invalidCount > toldMax) lines.push(`      and ${invalidCount - toldMax} more`);
  for (const { index, message } of unverifiable.slice(0, toldMax)) lines.push(`      missing: ${leafOf(index)}${message}`);
  for (const { index, message } of unverifiableInTail.slice(0, toldMax)) lines.push(`      in the tail: ${leafOf(index)}${message}`);
  const told = findings.filter(({ isToldInFull = false }, place) => isToldInFull || place < toldMax);
  for (const { name: finding, index, message } of told) lines.push(`      finding ${finding}: ${leafOf(index)}${message}`);
  if (findingCount > told.length) lines.push(`      and ${findingCount - told.length} more findings`);
  return lines;
}

function leafOf(index: number | undefined): string {
  return index === undefined ? '' : `leaf ${index}: `;
}
