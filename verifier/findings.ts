/* What the checks say, and how it becomes a verdict (docs/reference/log-format.md, verdicts). */

export type Verdict = 'VALID' | 'INVALID' | 'UNVERIFIABLE';
export type CheckId = 'V1' | 'V2' | 'V3' | 'V4' | 'V5' | 'V6' | 'V7' | 'V8';
export type CheckResult = 'ok' | 'invalid' | 'unverifiable' | 'not applicable' | 'not checked';

/** Where something is wrong, as far as it is about one event. */
export interface Place {
  readonly leaf: bigint;
  readonly stream?: string;
  readonly revision?: string;
  readonly event?: string;
}

export interface Evidence {
  readonly message: string;
  readonly place?: Place;
}

/** Worth knowing, and no reason against the log: a malformed or doubled event, a late anchor, a missing payload. */
export interface Finding extends Evidence {
  readonly code: 'format' | 'duplicate-id' | 'gap' | 'late' | 'payload-missing' | 'payload-form';
}

export interface Check {
  readonly id: CheckId;
  readonly name: string;
  readonly result: CheckResult;
  /** Leaves [from, to) that it speaks of. */
  readonly range: { readonly from: bigint; readonly to: bigint };
  readonly message: string;
  /** The first things that are wrong, the earliest leaf first. */
  readonly evidence: readonly Evidence[];
}

const names: Readonly<Record<CheckId, string>> = {
  V1: 'anchors',
  V2: 'tree head',
  V3: 'tree',
  V4: 'entries',
  V5: 'streams',
  V6: 'time',
  V7: 'payloads',
  V8: 'balances',
};

export const checkIds = Object.keys(names) as CheckId[];

/** How much evidence a check keeps: the first says enough, the count says how bad it is. */
const evidenceMax = 10;
const findingsMax = 100;

/** Collects what is found while a log is read. */
export class Findings {
  readonly findings: Finding[] = [];
  findingsCount = 0;
  readonly #invalid = new Map<CheckId, Evidence[]>();
  readonly #counts = new Map<CheckId, number>();
  readonly #unverifiable = new Map<CheckId, Evidence[]>();
  readonly #notes = new Map<CheckId, { readonly result: CheckResult; readonly message: string }>();

  /** The log is wrong: one such finding decides the verdict. */
  invalid(check: CheckId, message: string, place?: Place): void {
    add(this.#invalid, check, message, place);
    this.#counts.set(check, (this.#counts.get(check) ?? 0) + 1);
  }

  /** Something that is needed cannot be had. */
  unverifiable(check: CheckId, message: string, place?: Place): void {
    add(this.#unverifiable, check, message, place);
  }

  /** A check that there is nothing for, or no input. Counts only where nothing else was found. */
  note(check: CheckId, result: 'not applicable' | 'not checked', message: string): void {
    this.#notes.set(check, { result, message });
  }

  find(code: Finding['code'], message: string, place?: Place): void {
    this.findingsCount++;
    if (this.findings.length < findingsMax) this.findings.push({ code, message, ...(place && { place }) });
  }

  get isInvalid(): boolean {
    return this.#invalid.size > 0;
  }

  /** The earliest event that is wrong. */
  firstBad(): Evidence | undefined {
    const placed = [...this.#invalid.values()].flat().filter(({ place }) => place !== undefined);
    return placed.sort((left, right) => ((left.place as Place).leaf < (right.place as Place).leaf ? -1 : 1))[0];
  }

  check(id: CheckId, range: Check['range'], message: string): Check {
    const base = { id, name: names[id], range };
    const invalid = this.#invalid.get(id);
    if (invalid !== undefined) {
      const count = this.#counts.get(id) ?? 0;
      return {
        ...base,
        result: 'invalid',
        message: `${count} ${count === 1 ? 'thing is' : 'things are'} wrong`,
        evidence: byLeaf(invalid),
      };
    }
    const missing = this.#unverifiable.get(id);
    if (missing !== undefined) return { ...base, result: 'unverifiable', message: (missing[0] as Evidence).message, evidence: missing };
    const note = this.#notes.get(id);
    if (note !== undefined) return { ...base, result: note.result, message: note.message, evidence: [] };
    return { ...base, result: 'ok', message, evidence: [] };
  }
}

/** INVALID before everything; then a required check that could not be made; else VALID. */
export function verdictOf(checks: readonly Check[], required: ReadonlySet<CheckId>): Verdict {
  if (checks.some(({ result }) => result === 'invalid')) return 'INVALID';
  const isMissing = ({ id, result }: Check) => result === 'unverifiable' && required.has(id);
  return checks.some(isMissing) ? 'UNVERIFIABLE' : 'VALID';
}

function add(all: Map<CheckId, Evidence[]>, check: CheckId, message: string, place: Place | undefined): void {
  const evidence = all.get(check) ?? [];
  if (evidence.length < evidenceMax) evidence.push({ message, ...(place && { place }) });
  all.set(check, evidence);
}

function byLeaf(evidence: readonly Evidence[]): Evidence[] {
  return evidence.toSorted((left, right) => Number((left.place?.leaf ?? -1n) - (right.place?.leaf ?? -1n)));
}
