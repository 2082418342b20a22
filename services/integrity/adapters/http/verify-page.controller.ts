import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Controller, Get, Param, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Public } from '../../../access/adapters/http/principal.decorator.ts';
import { ProblemError } from '../../../http/problem-error.ts';
import { projectRoot } from '../../../read-store/project-root.ts';

/** Everything comes from here, but for the logs and nodes that the auditor names. */
const policy =
  "default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; connect-src *; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";
const contentTypes: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  map: 'application/json; charset=utf-8',
};
/** What the build writes: nothing in it leads out of its folder. */
const filePattern = /^[A-Za-z0-9-]+\.(js|js\.map)$/;

/** The auditor's page: the verifier for browsers, as the build made it. */
@ApiExcludeController()
@Public()
@Controller('verify')
export class VerifyPageController {
  readonly #folder = join(projectRoot(import.meta.dirname), 'dist', 'verify');

  @Get()
  page(@Res() reply: FastifyReply): Promise<void> {
    return this.#send('index.html', reply);
  }

  @Get(':file')
  async file(@Param('file') file: string, @Res() reply: FastifyReply): Promise<void> {
    if (!filePattern.test(file)) throw new ProblemError('route_not_found');
    await this.#send(file, reply);
  }

  async #send(file: string, reply: FastifyReply): Promise<void> {
    const bytes = await readFile(join(this.#folder, file)).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      throw new ProblemError('route_not_found');
    });
    const contentType = contentTypes[file.split('.').at(-1) ?? ''] ?? 'application/octet-stream';
    const headers = {
      'content-type': contentType,
      'cache-control': 'no-cache',
      'content-security-policy': policy,
      'x-content-type-options': 'nosniff',
    };
    await reply.headers(headers).send(bytes);
  }
}
