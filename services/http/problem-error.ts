import type { ProblemCode } from './problem-catalog.ts';

/** What a problem says beside its code: strings only, so that it reads the same in every client. */
export type ProblemParams = Readonly<Record<string, string | readonly Readonly<Record<string, string>>[]>>;

/** Ends a request with the problem of this code (RFC 9457). Thrown at the edge only; deciders answer rejections. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  readonly code: ProblemCode;
  readonly params: ProblemParams;
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: ProblemCode, params: ProblemParams = {}, headers: Readonly<Record<string, string>> = {}) {
    super(code);
    this.code = code;
    this.params = params;
    this.headers = headers;
  }
}
