import { instantText } from '../log/instant.ts';
import type { CheckOutcome, Outcome, Unopened } from '../verdict.ts';
import type { EventName } from './bad-event.ts';

/** The outcome as one JSON object; sizes and indexes are decimal strings. */
export function jsonReport(outcome: Outcome | Unopened, badEvent: EventName | undefined): string {
  if ('reason' in outcome) return stringify({ verdict: outcome.verdict, reason: outcome.reason, checks: [] });
  const { verdict, isOffline, origin, genesisHash, logId, provenSize, size, root, lastAnchor, checks, firstBad, counts, source } = outcome;
  const range = { from: 0, to: provenSize };
  return stringify({
    ...{ verdict, chainChecked: !isOffline && lastAnchor !== undefined, range },
    log: { source: source.name, origin, genesis: genesisHash, logId },
    ...{ head: { size, root }, tail: { from: provenSize, to: Math.max(size, provenSize) } },
    anchor: lastAnchor && anchorOf(lastAnchor),
    firstBadEvent: firstBad && { index: firstBad.index, ...badEvent, check: firstBad.check, reason: firstBad.message },
    missing: checks.flatMap(({ unverifiable }) => unverifiable.map(({ message }) => message)),
    findings: checks.reduce((sum, { findingCount }) => sum + findingCount, 0),
    checks: checks.map((check) => ({ ...checkOf(check), range })),
    counts,
  });
}

function checkOf({
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
  // What it takes to show it to others is in the file of evidence.
  const evidence = [...invalid, ...unverifiable].map(({ proof: _, ...problem }) => problem);
  return { id, name, result, reason, findings, findingCount, evidence, invalidCount, unverifiableInTail };
}

function anchorOf({ chain, size, root, seq, block, blockHash, tx, time }: NonNullable<Outcome['lastAnchor']>) {
  const at = instantText(time);
  return { chainId: chain.chainId, contract: chain.contract, size, root: `0x${root}`, seq, block, blockHash, tx, at };
}

function stringify(report: object): string {
  return JSON.stringify(report, (_, value: unknown) => (typeof value === 'number' || typeof value === 'bigint' ? value.toString() : value));
}
