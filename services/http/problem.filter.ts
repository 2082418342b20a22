import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { StoreFault, StoreOverloadedFault } from '../event-store/domain/faults.ts';
import { type ProblemCode, problemCatalog } from './problem-catalog.ts';
import { ProblemError, type ProblemParams } from './problem-error.ts';

const retryAfterSeconds = '1';

/** Turns whatever a request ended with into a problem document (RFC 9457). What nobody expected is logged and told to nobody. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const reply = http.getResponse<FastifyReply>();
    const { code, params, headers } = this.#problemOf(error);
    const { status, title } = problemCatalog[code];
    if (status >= 500) this.#logger.error({ err: error, traceId: request.id, code }, 'A request failed.');
    void reply
      .status(status)
      .headers({ ...(status === 503 && { 'retry-after': retryAfterSeconds }), ...headers })
      .header('content-type', 'application/problem+json')
      .send({ type: `urn:tallyroot:problem:${code}`, title, status, code, params, traceId: request.id });
  }

  #problemOf(error: unknown): { code: ProblemCode; params: ProblemParams; headers: Readonly<Record<string, string>> } {
    if (error instanceof ProblemError) return error;
    return { code: codeOf(error), params: {}, headers: {} };
  }
}

function codeOf(error: unknown): ProblemCode {
  if (error instanceof StoreOverloadedFault) return 'overloaded';
  if (error instanceof StoreFault && error.retryable) return 'store_unavailable';
  const status = statusOf(error);
  if (status === 400) return 'body_malformed';
  if (status === 404) return 'route_not_found';
  if (status === 405) return 'method_not_allowed';
  if (status === 413) return 'body_too_large';
  if (status === 415) return 'media_type_unsupported';
  return 'internal_error';
}

/** Nest and Fastify carry their status in different places. */
function statusOf(error: unknown): number {
  if (error instanceof HttpException) return error.getStatus();
  return typeof error === 'object' && error !== null && 'statusCode' in error ? Number(error.statusCode) : 500;
}
