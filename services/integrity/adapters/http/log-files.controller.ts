import { Controller, Get, Inject, Options, Param, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Public } from '../../../access/adapters/http/principal.decorator.ts';
import { bearerToken } from '../../../http/bearer-token.ts';
import { ProblemError } from '../../../http/problem-error.ts';
import { ENTRY_PUBLICITY, type EntryPublicity } from '../../application/entry-publicity.ts';
import { earlierKey } from '../../application/incarnations.ts';
import { LogFiles } from '../../application/log-files.ts';
import { PAYLOAD_ACCESS, type PayloadAccess } from '../../application/payload-access.ts';

const slugPattern = /^[a-z0-9]{2,20}$/;

/** The public log: files under fixed names (docs/reference/log-format.md), for tools and mirrors. */
@ApiExcludeController()
@Public()
@Controller('logs/:slug')
export class LogFilesController {
  readonly #files: LogFiles;
  readonly #access: PayloadAccess;
  readonly #entries: EntryPublicity;

  constructor(
    @Inject(LogFiles) files: LogFiles,
    @Inject(PAYLOAD_ACCESS) access: PayloadAccess,
    @Inject(ENTRY_PUBLICITY) entries: EntryPublicity,
  ) {
    this.#files = files;
    this.#access = access;
    this.#entries = entries;
  }

  @Get('*')
  async file(@Param('slug') slug: string, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    reply.header('access-control-allow-origin', '*');
    if (!slugPattern.test(slug)) throw new ProblemError('log_not_found');
    const { log, path } = placeOf(slug, pathBehind(request.url, slug));
    const [ofEntries, ofPayloads] = [path.startsWith('tile/entries/'), path.startsWith('payloads/')];
    const entries = !(ofEntries || ofPayloads) || (await this.#entries.arePublic(slug));
    const payloads = (ofPayloads || !entries) && (await this.#maySeePayloads(request, slug));
    if (ofEntries && !entries && !payloads) throw new ProblemError('unauthenticated', {}, { 'www-authenticate': 'Bearer' });
    const file = await this.#files.read(log, path, { payloads, entries });
    if (file === undefined) throw new ProblemError((await this.#files.head(log)) === undefined ? 'log_not_found' : 'log_entry_not_found');
    const cache = file.isImmutable ? `${entries ? 'public' : 'private'}, max-age=31536000, immutable` : 'no-store';
    await reply.header('content-type', file.contentType).header('cache-control', cache).send(file.bytes);
  }

  /**
   * A page of the auditor's own may read the log, with a token too, and see what is absent: nothing here is opened by a cookie, so nobody's
   * browser gives away what its owner did not type in.
   */
  @Options('*')
  async mayBeAskedFromAnywhere(@Res() reply: FastifyReply): Promise<void> {
    const headers = {
      'access-control-allow-origin': '*',
      'access-control-allow-headers': 'authorization',
      'access-control-max-age': '86400',
    };
    await reply.status(204).headers(headers).send();
  }

  /** Without a token what is not public is left out; a token that opens nothing here is a mistake that its sender should hear of. */
  async #maySeePayloads({ headers }: FastifyRequest, slug: string): Promise<boolean> {
    if (headers.authorization === undefined || headers.authorization === '') return false;
    if (await this.#access.mayRead(bearerToken(headers.authorization), slug)) return true;
    throw new ProblemError('unauthenticated', {}, { 'www-authenticate': 'Bearer' });
  }
}

/** `incarnations/<number>/` are the same files of a log that this one goes on with. */
function placeOf(slug: string, path: string): { readonly log: string; readonly path: string } {
  const [, number, rest] = /^incarnations\/([1-9][0-9]{0,3})\/(.+)$/.exec(path) ?? [];
  return number === undefined || rest === undefined ? { log: slug, path } : { log: earlierKey(slug, Number(number)), path: rest };
}

/** The raw text behind `/logs/<slug>/`: names of files hold nothing that needs an escape, so an escape makes another name. */
function pathBehind(url: string, slug: string): string {
  return url.split('?', 1)[0]?.slice(`/logs/${slug}/`.length) ?? '';
}
