import { Check, type CheckId, type Finding, type Problem } from '../checks/check.ts';
import type { CheckResult, Verdict } from '../verdict.ts';

/** The steps of the verifier that a bill goes through, and what they mean for it. */
export const billCheckNames = {
  V1: 'anchor on the chain',
  V2: 'signed tree head',
  V3: 'inclusion in the tree',
  V4: 'entries',
  V5: 'streams without gaps',
  V7: 'payloads',
  V8: 'balances',
  V9: 'invoice lines',
} as const satisfies Partial<Record<CheckId, string>>;

export type BillCheckId = keyof typeof billCheckNames;

export type BillChecks = Readonly<Record<BillCheckId, Check>>;

const ids = Object.keys(billCheckNames) as BillCheckId[];

export function newBillChecks(): BillChecks {
  return Object.fromEntries(ids.map((id) => [id, new Check(id)])) as unknown as BillChecks;
}

export interface BillCheckOutcome {
  readonly id: BillCheckId;
  readonly name: string;
  readonly result: CheckResult;
  readonly reason?: string | undefined;
  readonly invalid: readonly Problem[];
  readonly unverifiable: readonly Problem[];
  readonly findings: readonly Finding[];
}

/** Of all checks, or of those that a file is asked for. */
export function billOutcomesOf(checks: BillChecks, asked: readonly BillCheckId[] = ids): BillCheckOutcome[] {
  return asked.map((id) => {
    const { invalid, unverifiable, findings, left } = checks[id];
    const result: CheckResult =
      invalid.count > 0 ? 'invalid' : left !== undefined ? left.result : unverifiable.count > 0 ? 'unverifiable' : 'ok';
    const told = { invalid: invalid.told, unverifiable: unverifiable.told, findings: findings.told };
    return { id, name: billCheckNames[id], result, reason: left?.reason, ...told };
  });
}

/** Any INVALID: INVALID; else anything that is missing: UNVERIFIABLE; else VALID. */
export function billVerdictOf(outcomes: readonly Pick<BillCheckOutcome, 'result'>[]): Verdict {
  const results = outcomes.map(({ result }) => result);
  return results.includes('invalid') ? 'INVALID' : results.includes('unverifiable') ? 'UNVERIFIABLE' : 'VALID';
}
