import { type ProblemCode, problemCatalog } from './problem-catalog.ts';
import type { ProblemParams } from './problem-error.ts';

export const problemType = 'application/problem+json';

/** The problem document of a code (RFC 9457). */
export function problemDocument(code: ProblemCode, { params, traceId }: { readonly params: ProblemParams; readonly traceId: string }) {
  const { status, title } = problemCatalog[code];
  return { type: `urn:tallyroot:problem:${code}`, title, status, code, params, traceId };
}
