/* The verifier as a library for browsers: the same code as the command, in one ESM bundle. */
export { checkEvidence } from '../evidence/check-evidence.ts';
export { collectEvidence } from '../evidence/collect-evidence.ts';
export { parseEvidence } from '../evidence/evidence.ts';
export { rootOf, verifyConsistency, verifyInclusion } from '../merkle.ts';
export { nameEvent } from '../report/bad-event.ts';
export { jsonReport } from '../report/json-report.ts';
export { textReport } from '../report/text-report.ts';
export { HttpLogSource } from '../source/http.log-source.ts';
export { verifyLog } from '../verify.ts';
