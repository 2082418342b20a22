import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import type { ProblemCode } from './problem-catalog.ts';
import { problemDocument, problemType } from './problem-document.ts';

/* Requests that never come to a route, answered by problems like all others. */

/** A path that the router cannot read: an escape that is none, or a part that is longer than any id. */
export function answerUnreadablePath(_: FastifyError, { id }: FastifyRequest, reply: FastifyReply): void {
  const document = problemDocument('path_invalid', { params: {}, traceId: id });
  void reply.status(document.status).header('content-type', problemType).send(document);
}

/** Bytes that are no HTTP, headers without end, a request that does not come to its end in time. There is no reply to write to, only a socket. */
export function answerUnreadableRequest({ code }: Error & { readonly code?: string }, socket: Socket): void {
  if (code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const document = problemDocument(codeOf(code), { params: {}, traceId: randomUUID() });
  const body = JSON.stringify(document);
  const head = `HTTP/1.1 ${document.status} ${STATUS_CODES[document.status]}\r\nContent-Type: ${problemType}\r\n`;
  socket.end(`${head}Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`, () => socket.destroy());
}

function codeOf(code: string | undefined): ProblemCode {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return 'request_timeout';
  return code === 'HPE_HEADER_OVERFLOW' ? 'headers_too_large' : 'request_malformed';
}
