import type { Evidence } from './findings.ts';
import type { Verification } from './verify.ts';

const findingsShown = 10;

/** The outcome for people: the verdict first, then every check, then what is wrong and what is worth knowing. */
export function reportText(verification: Verification): string {
  const { verdict, checks, findings, findingsCount, firstBad, range, size, origin, root, isOffline, anchors } = verification;
  const suffix = verdict === 'VALID' && isOffline ? ' (no chain checked)' : '';
  const lines = [
    `${verdict}${suffix}: leaves ${range.from} to ${range.to} of ${size}${origin === undefined ? '' : `, ${origin}`}`,
    ...(firstBad === undefined ? [] : [`first bad event: ${placeText(firstBad)}`]),
    '',
    ...checks.map(({ id, name, result, message }) => `  ${id} ${name.padEnd(10)} ${result.padEnd(14)} ${message}`),
  ];
  for (const { id, evidence } of checks) for (const each of evidence) lines.push(`     ${id}: ${placeText(each)}`);
  if (findingsCount > 0) lines.push('', `  ${findingsCount} findings, which leave the verdict as it is:`);
  for (const finding of findings.slice(0, findingsShown)) lines.push(`     ${finding.code}: ${placeText(finding)}`);
  const last = anchors.at(-1);
  if (root !== undefined) lines.push('', `  root ${root}`);
  if (last !== undefined)
    lines.push(`  last anchor ${last.size} leaves, chain ${last.chainId}, block ${last.block}, transaction ${last.tx}`);
  if (size > range.to) lines.push(`  ${size - range.to} leaves behind the last anchor are not covered by the verdict yet`);
  return lines.join('\n');
}

/** The same for programs: one object, numbers of leaves as text. */
export function reportJson({ anchors, ...verification }: Verification): string {
  const shown = anchors.map(({ chainId, size, root, seq, block, tx }) => ({
    chainId,
    size,
    root: `0x${root.toString('hex')}`,
    seq,
    block,
    tx,
  }));
  return JSON.stringify({ ...verification, anchors: shown }, (_, value: unknown) => (typeof value === 'bigint' ? value.toString() : value));
}

function placeText({ message, place }: Evidence): string {
  if (place === undefined) return message;
  const { leaf, stream, revision, event } = place;
  const inStream = stream === undefined ? '' : `, stream ${stream} revision ${revision}, event ${event}`;
  return `leaf ${leaf}${inStream}: ${message}`;
}
