import { randomUUID } from 'node:crypto';
import type { DynamicModule, LoggerService } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Logger } from 'pino';
import { BodyPipe } from './body.pipe.ts';
import { readJsonBody } from './json-body.ts';
import { openApiDocument, serveOpenApi } from './openapi.ts';
import { ProblemFilter } from './problem.filter.ts';
import { RouteTable } from './route-table.ts';
import { RunningRequests } from './running-requests.ts';
import { answerUnreadablePath, answerUnreadableRequest } from './unreadable-request.ts';

/** A price book with a thousand bands fits; nothing that a command takes is larger. */
const bodyBytesMax = 262_144;
/** For a client to send its request whole. */
const requestMsMax = 30_000;

export interface HttpApplication {
  readonly app: NestFastifyApplication;
  /** Lets running requests finish, and ends every connection. */
  close(): Promise<void>;
}

/** The HTTP side of the service around a root module: validation, problems, trace ids and the API document. Not yet listening. */
export async function createHttpApplication(module: DynamicModule, logger: Logger): Promise<HttpApplication> {
  const adapter = new FastifyAdapter({
    bodyLimit: bodyBytesMax,
    requestTimeout: requestMsMax,
    // Ends idle connections at once when the service stops, and lets running requests finish.
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    genReqId: () => randomUUID(),
    routerOptions: { maxParamLength: 200 },
    frameworkErrors: answerUnreadablePath,
    clientErrorHandler: answerUnreadableRequest,
  });
  const server = adapter.getInstance();
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('application/json', { parseAs: 'buffer' }, async (_: unknown, body: Buffer) => readJsonBody(body));
  // An answer is for who asked: a cache that stands between them would show one's to another, or what was true before. Files of logs say otherwise.
  server.addHook('onSend', (_, reply, payload, done) => {
    if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'no-store');
    reply.header('x-content-type-options', 'nosniff');
    done(null, payload);
  });
  const routes = new RouteTable();
  server.addHook('onRoute', ({ url, method }) => routes.note(url, method));
  const running = new RunningRequests(server);
  const options = { logger: nestLogger(logger), abortOnError: false, bodyParser: false };
  const app = await NestFactory.create<NestFastifyApplication>(module, adapter, options);
  app.useGlobalPipes(new BodyPipe());
  app.useGlobalFilters(new ProblemFilter(logger, routes));
  serveOpenApi(app, openApiDocument(app));
  return { app, close: () => running.drain(app.getHttpServer(), () => app.close()) };
}

/** Nest says a line for every route it maps; only what is wrong is worth a line here. */
function nestLogger(logger: Logger): LoggerService {
  return {
    log: (message: unknown) => logger.debug(message),
    warn: (message: unknown) => logger.warn(message),
    error: (message: unknown) => logger.error(message),
  };
}
