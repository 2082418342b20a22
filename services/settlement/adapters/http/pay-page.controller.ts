import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Controller, Get, Inject, Param, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Public } from '../../../access/adapters/http/principal.decorator.ts';
import { ProblemError } from '../../../http/problem-error.ts';
import { projectRoot } from '../../../read-store/project-root.ts';
import { Checkouts } from '../../application/checkouts.ts';

/** Everything comes from here; icons of wallets are data. Nobody frames the page, nothing of it goes anywhere else. */
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; form-action 'none'; frame-ancestors 'none'; base-uri 'none'";
const contentTypes: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
};

/** The payer's page, as the build made it. The link is all the permission that it has, so it is told to no other site. */
@ApiExcludeController()
@Public()
@Controller('pay')
export class PayPageController {
  readonly #checkouts: Checkouts;
  readonly #folder = join(projectRoot(import.meta.dirname), 'dist', 'pay');

  constructor(@Inject(Checkouts) checkouts: Checkouts) {
    this.#checkouts = checkouts;
  }

  @Get('assets/:file')
  async file(@Param('file') file: string, @Res() reply: FastifyReply): Promise<void> {
    if (!['pay.css', 'pay.js'].includes(file)) throw new ProblemError('route_not_found');
    await this.#send(file, reply);
  }

  @Get(':checkout')
  async page(@Param('checkout') id: string, @Res() reply: FastifyReply): Promise<void> {
    if (this.#checkouts.slotOf(id) === undefined) throw new ProblemError('checkout_not_found');
    await this.#send('index.html', reply);
  }

  async #send(file: string, reply: FastifyReply): Promise<void> {
    const bytes = await readFile(join(this.#folder, file));
    const headers = {
      'content-type': contentTypes[file.split('.').at(-1) as string],
      'cache-control': 'no-cache',
      'content-security-policy': policy,
      'permissions-policy': 'camera=(), microphone=(), geolocation=()',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
    };
    await reply.headers(headers).send(bytes);
  }
}
