import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Json } from '../event-store/domain/canonical-json.ts';
import { type Envelope, envelopeOf } from '../commands/application/envelope.ts';
import { type IdPrefix, isPrefixedId } from '../commands/domain/prefixed-id.ts';
import { ProblemError } from './problem-error.ts';
import type { ProblemCode } from './problem-catalog.ts';

/** What a POST brings beside its body. */
export interface CommandRequest {
  readonly provider: string;
  /** The envelope of a command of this name; `target` is what the path names. Only the operator works for another provider. */
  envelope(command: string, body: object, target?: string, provider?: string): Envelope;
}

/** Reads Idempotency-Key and If-Match; every POST needs the first. The tenant is the authenticated principal's. */
export const Asked = createParamDecorator((_: unknown, context: ExecutionContext): CommandRequest => {
  const request = context.switchToHttp().getRequest<FastifyRequest>();
  return commandRequestOf(request);
});

function commandRequestOf(request: FastifyRequest): CommandRequest {
  const { principal } = request;
  if (principal === undefined) throw new TypeError('A command was sent through a public route.');
  const key = idempotencyKeyOf(request.headers['idempotency-key']);
  const expectedRevision = expectedRevisionOf(request.headers['if-match']);
  return {
    provider: principal.provider,
    envelope: (command, body, target = '', provider = principal.provider) =>
      envelopeOf({
        provider,
        actor: { id: principal.id, type: principal.role === 'operator' ? 'operator' : 'api_key' },
        key,
        command,
        // The body was validated: strings, arrays and objects only, in whatever order the caller wrote them.
        body: { body: plain(body), target },
        ...(expectedRevision !== undefined && { expectedRevision }),
      }),
  };
}

/** An id from a path. What cannot be an id is answered like one that does not exist. */
export function pathId(text: string, prefix: IdPrefix, notFound: ProblemCode): string {
  if (!isPrefixedId(text, prefix)) throw new ProblemError(notFound);
  return text;
}

function idempotencyKeyOf(header: string | readonly string[] | undefined): string {
  if (header === undefined || header === '') throw new ProblemError('idempotency_key_missing');
  if (typeof header !== 'string' || !/^[\x21-\x7e]{1,255}$/.test(header)) throw new ProblemError('idempotency_key_invalid');
  return header;
}

function expectedRevisionOf(header: string | undefined): bigint | undefined {
  if (header === undefined) return undefined;
  const match = /^"(0|[1-9][0-9]{0,18})"$/.exec(header);
  if (match === null) throw new ProblemError('if_match_invalid');
  return BigInt(match[1] as string);
}

/** A validated body is an instance of its class; canonical JSON takes plain objects only. */
function plain(body: object): Json {
  return JSON.parse(JSON.stringify(body)) as Json;
}
