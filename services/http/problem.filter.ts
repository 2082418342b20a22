import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { ChainFault } from '../chain/application/chain-faults.ts';
import { LogBehindFault } from '../commands/application/log-guard.ts';
import { StoreFault, StoreOverloadedFault } from '../event-store/domain/faults.ts';
import { TooManyAsksFault } from '../settlement/application/checkout/checkout-limits.ts';
import { isDatabaseAway } from '../read-store/database-away.ts';
import { type ProblemCode, problemCatalog } from './problem-catalog.ts';
import { problemDocument, problemType } from './problem-document.ts';
import { ProblemError } from './problem-error.ts';
import type { RouteTable } from './route-table.ts';

const retryAfterSeconds = '1';

/** Turns whatever a request ended with into a problem document (RFC 9457). What nobody expected is logged and told to nobody. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  readonly #logger: Logger;
  readonly #routes: RouteTable;

  constructor(logger: Logger, routes: RouteTable) {
    this.#logger = logger;
    this.#routes = routes;
  }

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const reply = http.getResponse<FastifyReply>();
    const { code, params, headers } = this.#problemOf(error, request);
    const { status } = problemCatalog[code];
    // A problem that was thrown as one says itself what is wrong; of everything else nobody knows yet.
    const isSaid = error instanceof ProblemError || error instanceof LogBehindFault;
    if (status >= 500 && isSaid) this.#logger.warn({ traceId: request.id, code, params }, 'A request failed.');
    else if (status >= 500) this.#logger.error({ err: error, traceId: request.id, code }, 'A request failed.');
    void reply
      .status(status)
      .headers({ ...(status === 503 && { 'retry-after': retryAfterSeconds }), ...headers })
      .header('content-type', problemType)
      .send(problemDocument(code, { params, traceId: request.id }));
  }

  #problemOf(error: unknown, request: FastifyRequest): Pick<ProblemError, 'code' | 'params' | 'headers'> {
    if (error instanceof ProblemError) return error;
    if (error instanceof TooManyAsksFault)
      return { code: 'too_many_requests', params: {}, headers: { 'retry-after': error.retryAfterSeconds.toString() } };
    const code = codeOf(error);
    const allowed = code === 'route_not_found' && request.is404 ? this.#routes.methodsOf(pathOf(request)) : [];
    if (allowed.length > 0 && !allowed.includes(request.method))
      return { code: 'method_not_allowed', params: {}, headers: { allow: allowed.join(', ') } };
    return { code, params: {}, headers: {} };
  }
}

function codeOf(error: unknown): ProblemCode {
  if (error instanceof StoreOverloadedFault) return 'overloaded';
  if (error instanceof LogBehindFault) return 'log_behind';
  if (error instanceof ChainFault) return 'chain_unavailable';
  if (isAborted(error)) return 'request_malformed';
  if ((error instanceof StoreFault && error.retryable) || isDatabaseAway(error)) return 'store_unavailable';
  const status = statusOf(error);
  if (status === 403 || status === 404) return 'route_not_found'; // Nothing but a file outside of those that are served is forbidden.
  if (status === 413) return 'body_too_large';
  if (status === 415) return 'media_type_unsupported';
  return status >= 400 && status < 500 ? 'request_malformed' : 'internal_error';
}

/** The client went away in the middle of its body; nobody reads the answer. */
function isAborted(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'message' in error && error.message === 'aborted';
}

function pathOf({ url }: FastifyRequest): string {
  return url.split('?', 1)[0] as string;
}

/** Nest and Fastify carry their status in different places. */
function statusOf(error: unknown): number {
  if (error instanceof HttpException) return error.getStatus();
  return typeof error === 'object' && error !== null && 'statusCode' in error ? Number(error.statusCode) : 500;
}
