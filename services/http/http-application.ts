import { randomUUID } from 'node:crypto';
import type { DynamicModule, LoggerService } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Logger } from 'pino';
import { bodyPipe } from './body.pipe.ts';
import { openApiDocument, serveOpenApi } from './openapi.ts';
import { ProblemFilter } from './problem.filter.ts';

/** A price book with a thousand bands fits; nothing that a command takes is larger. */
const bodyBytesMax = 262_144;

/** The HTTP side of the service around a root module: validation, problems, trace ids and the API document. Not yet listening. */
export async function createHttpApplication(module: DynamicModule, logger: Logger): Promise<NestFastifyApplication> {
  const adapter = new FastifyAdapter({
    bodyLimit: bodyBytesMax,
    // Ends idle connections at once when the service stops, and lets running requests finish.
    forceCloseConnections: 'idle',
    genReqId: () => randomUUID(),
    routerOptions: { maxParamLength: 200 },
  });
  const app = await NestFactory.create<NestFastifyApplication>(module, adapter, { logger: nestLogger(logger), abortOnError: false });
  app.useGlobalPipes(bodyPipe());
  app.useGlobalFilters(new ProblemFilter(logger));
  serveOpenApi(app, openApiDocument(app));
  return app;
}

/** Nest says a line for every route it maps; only what is wrong is worth a line here. */
function nestLogger(logger: Logger): LoggerService {
  return {
    log: (message: unknown) => logger.debug(message),
    warn: (message: unknown) => logger.warn(message),
    error: (message: unknown) => logger.error(message),
  };
}
