import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Controller, Get, Headers, Inject, Param, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import encodeQR from 'qr';
import { Public } from '../../../access/adapters/http/principal.decorator.ts';
import { ProblemError } from '../../../http/problem-error.ts';
import { PublicOrigin } from '../../../http/public-origin.ts';
import { projectRoot } from '../../../read-store/project-root.ts';
import { Checkouts } from '../../application/checkout/checkouts.ts';

/** Everything comes from here; icons of wallets are data as well. Nobody frames the page, nothing of it goes anywhere else. */
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; form-action 'none'; frame-ancestors 'none'; base-uri 'none'";
const contentTypes: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
};

/** The payer's page, as the build made it. The link is all the permission that it has, so it is told to no other site. */
@ApiExcludeController()
@Public()
@Controller('pay')
export class PayPageController {
  readonly #checkouts: Checkouts;
  readonly #publicOrigin: PublicOrigin;
  readonly #folder = join(projectRoot(import.meta.dirname), 'dist', 'pay');

  constructor(@Inject(Checkouts) checkouts: Checkouts, @Inject(PublicOrigin) publicOrigin: PublicOrigin) {
    [this.#checkouts, this.#publicOrigin] = [checkouts, publicOrigin];
  }

  @Get('assets/:file')
  async file(@Param('file') file: string, @Res() reply: FastifyReply): Promise<void> {
    if (!['pay.css', 'pay.js'].includes(file)) throw new ProblemError('route_not_found');
    await this.#send(file, reply);
  }

  /** The link to the page, for the phone that the payer's wallet is on. */
  @Get(':checkout/qr.svg')
  async qr(@Param('checkout') id: string, @Res() reply: FastifyReply): Promise<void> {
    if (this.#checkouts.slotOf(id) === undefined) throw new ProblemError('checkout_not_found');
    await reply.headers(headersOf('svg')).send(encodeQR(pageLink(this.#publicOrigin, id), 'svg', { ecc: 'medium', border: 2 }));
  }

  @Get(':checkout')
  async page(@Param('checkout') id: string, @Headers('accept') accept: string | undefined, @Res() reply: FastifyReply): Promise<void> {
    reply.header('vary', 'accept');
    if (this.#checkouts.slotOf(id) !== undefined) return this.#send('index.html', reply);
    // A payer whose link lost a letter on its way reads a page; programs are told as everywhere.
    if (accept?.includes('text/html') !== true) throw new ProblemError('checkout_not_found');
    await this.#send('unknown.html', reply.status(404));
  }

  async #send(file: string, reply: FastifyReply): Promise<void> {
    const bytes = await readFile(join(this.#folder, file));
    await reply.headers(headersOf(file.split('.').at(-1) as string)).send(bytes);
  }
}

function headersOf(extension: string): Readonly<Record<string, string | undefined>> {
  return {
    'content-type': contentTypes[extension],
    'cache-control': 'no-cache',
    'content-security-policy': policy,
    'permissions-policy': 'camera=(), microphone=(), geolocation=()',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
  };
}

/** Where payers find the page. */
export function pageLink({ origin }: PublicOrigin, id: string): string {
  return `${origin}/pay/${id}`;
}
