import { check, type Difference, Part, type PartReport } from './part.ts';
import { type LogToVerify, runVerifier, type VerifierCheck, type VerifierReport } from './verifier-process.ts';

export interface VerifierChecks extends LogToVerify {
  /** The log lists a chain, or did. */
  readonly hasChains: boolean;
}

const findingsMax = 5;

/** V1 to V8 of the independent verifier on what the databases hold now. */
export async function checkByVerifier(options: VerifierChecks): Promise<PartReport[]> {
  const whole = new Part('verifier', options.log);
  let report: VerifierReport | undefined;
  const [failed] = await check([whole], async () => {
    if ((await options.files.head(options.log)) === undefined) return whole.leave('not checked', 'no head was signed yet');
    report = await runVerifier(options);
    if (report.reason !== undefined) answerUnopened(whole, report);
  });
  if (report === undefined || report.reason !== undefined) return [failed as PartReport];
  return report.checks.map((each) => reportOf(options, report as VerifierReport, each));
}

function answerUnopened(whole: Part, { verdict, reason = '' }: VerifierReport): void {
  if (verdict === 'INVALID') whole.differs({ message: reason, at: {} });
  else whole.leave('could not check', reason);
}

/** They ask the chain. Whether it could be asked is said for each chain by a part of its own; a log may have no final anchor yet. */
const asksChain = new Set(['V1', 'V6']);

function reportOf({ log, hasChains }: VerifierChecks, { firstBadEvent }: VerifierReport, made: VerifierCheck): PartReport {
  const { id, name, result, findings, findingCount, unverifiableInTail } = made;
  const told = findings.slice(0, findingsMax).map((finding) => `${finding.name}: ${leafOf(finding.index)}${finding.message}`);
  const left = Number(findingCount) - told.length;
  const report = { log, part: `${id} ${name}`, figures: {}, findings: left > 0 ? [...told, `and ${left} more`] : told };
  if (result === 'invalid') return { ...report, result: 'different', difference: differenceOf(made, firstBadEvent) };
  if (result === 'not applicable' || result === 'not checked')
    return { ...report, result: 'not checked', reason: asksChain.has(id) && !hasChains ? 'the log lists no chain' : made.reason };
  const [missing] = [...made.evidence, ...unverifiableInTail];
  if (missing === undefined) return { ...report, result: 'ok' };
  const reason = `${leafOf(missing.index)}${missing.message}`;
  return { ...report, result: asksChain.has(id) ? 'not checked' : 'could not check', reason };
}

function differenceOf({ evidence: [first] }: VerifierCheck, badEvent: VerifierReport['firstBadEvent']): Difference {
  const { stream, revision, id: event } = badEvent?.index === first?.index ? (badEvent ?? {}) : {};
  const place = { leaf: first?.index, stream, revision, event };
  const at = Object.fromEntries(Object.entries(place).filter((entry): entry is [string, string] => entry[1] !== undefined));
  const found = Object.entries(first?.evidence ?? {}).map(([term, value]) => `${term} ${value}`);
  return { message: first?.message ?? '', at, ...(found.length > 0 && { found: found.join(', ') }) };
}

function leafOf(index: string | undefined): string {
  return index === undefined ? '' : `leaf ${index}: `;
}
