import type { PlacedAnchor } from './checks/chain-set.ts';
import { type Check, type CheckId, checkIds, checkNames, type Checks, type Finding, type Problem } from './checks/check.ts';
import type { PassCounts } from './checks/log-pass.ts';
import type { PersonalCounts } from './checks/personal-data.check.ts';
import type { Ordinals } from './ids/ordinals.ts';
import type { LogSource } from './source/log-source.ts';
import type { GoneOnWith } from './superseded.ts';

export type Verdict = 'VALID' | 'INVALID' | 'UNVERIFIABLE';

export type CheckResult = 'ok' | 'invalid' | 'unverifiable' | 'not applicable' | 'not checked';

/** A log that could not even be opened. */
export interface Unopened {
  readonly verdict: Verdict;
  readonly reason: string;
}

export interface CheckOutcome {
  readonly id: CheckId;
  readonly name: string;
  readonly result: CheckResult;
  /** Why it was left out. */
  readonly reason?: string;
  readonly invalid: readonly Problem[];
  readonly invalidCount: number;
  /** What is missing below the size under verdict. */
  readonly unverifiable: readonly Problem[];
  readonly unverifiableInTail: readonly Problem[];
  readonly findings: readonly Finding[];
  readonly findingCount: number;
}

export interface Outcome {
  readonly verdict: Verdict;
  readonly isOffline: boolean;
  readonly origin: string;
  readonly genesisHash: string;
  readonly logId: string;
  /** Leaves under verdict: the ones below the last final anchor, or below the head of a log without a chain. */
  readonly provenSize: number;
  /** Leaves of the signed head. Those from `provenSize` on are the tail, which can only make INVALID. */
  readonly size: number;
  /** Of the head, 64 lower-case hex. */
  readonly root: string;
  readonly lastAnchor: PlacedAnchor | undefined;
  readonly checks: readonly CheckOutcome[];
  /** The problem about the first leaf that is bad. */
  readonly firstBad: { readonly check: CheckId; readonly index: number; readonly message: string } | undefined;
  readonly counts: PassCounts & { readonly streams: number; readonly commitments: number; readonly personal: PersonalCounts };
  readonly source: LogSource;
  /** Logs that were verified up to where this one goes on with them, the first one first. */
  readonly superseded: readonly GoneOnWith[];
  /** Events whose id stands in an earlier leaf: they post nothing. Counted over all leaves, those of superseded logs first. */
  readonly repeats: Ordinals;
  /** The signed head as it was served. */
  readonly head: Buffer;
  /** Leaves that changed what the log promises, or its keys. */
  readonly policyLeaves: readonly number[];
}

export interface Judged extends Omit<Outcome, 'verdict' | 'checks' | 'firstBad'> {
  readonly checks: Checks;
}

/** Any INVALID: INVALID; else a required check that is UNVERIFIABLE: UNVERIFIABLE; else VALID. Checks that were left are not required. */
export function outcomeOf({ checks: made, ...judged }: Judged): Outcome {
  const checks = checkIds.filter((id) => made[id].isAsked).map((id) => checkOutcomeOf(made[id], judged.provenSize));
  const results = checks.map(({ result }) => result);
  const verdict = results.includes('invalid') ? 'INVALID' : results.includes('unverifiable') ? 'UNVERIFIABLE' : 'VALID';
  return { ...judged, verdict, checks, firstBad: firstBadOf(made) };
}

function checkOutcomeOf({ id, invalid, unverifiable, findings, left }: Check, provenSize: number): CheckOutcome {
  const isInTail = ({ index }: Problem) => index !== undefined && index >= provenSize;
  const missing = unverifiable.told.filter((problem) => !isInTail(problem));
  const result: CheckResult = invalid.count > 0 ? 'invalid' : left !== undefined ? left.result : missing.length > 0 ? 'unverifiable' : 'ok';
  return {
    ...{ id, name: checkNames[id], result },
    ...(left === undefined ? {} : { reason: left.reason }),
    ...{ invalid: invalid.told, invalidCount: invalid.count },
    unverifiable: left === undefined ? missing : [],
    unverifiableInTail: left === undefined ? unverifiable.told.filter(isInTail) : [],
    ...{ findings: findings.told, findingCount: findings.count },
  };
}

function firstBadOf(checks: Checks): Outcome['firstBad'] {
  let first: Outcome['firstBad'];
  for (const check of checkIds) {
    const { index, message } = checks[check].invalid.first ?? {};
    if (index !== undefined && message !== undefined && index < (first?.index ?? Infinity)) first = { check, index, message };
  }
  return first;
}
