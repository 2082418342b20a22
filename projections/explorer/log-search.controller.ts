import { Readable } from 'node:stream';
import { Controller, Get, Header, Inject, Param, Query, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProduces, ApiQuery, ApiSecurity } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { AlsoPublic, ForRoles, MaybePrincipal } from '../../services/access/adapters/http/principal.decorator.ts';
import type { Principal } from '../../services/access/application/principal.ts';
import { ProblemError } from '../../services/http/problem-error.ts';
import { EntryExports } from '../../services/integrity/application/entry-exports.ts';
import { type SearchTerm, searchTermOf } from '../../services/integrity/domain/search-term.ts';
import { books } from '../books/books.projection.ts';
import { limit, limitDefault, position, type RawQuery, readQuery } from '../http/query-parameters.ts';
import { AfterQuery, PageQuery, QueryRoute } from '../http/query-route.decorator.ts';
import { ReadYourWrites } from '../http/read-your-writes.ts';
import { invoices } from '../invoices/invoices.projection.ts';
import { foundBodyOf } from './found-body.ts';
import { type LogReading, LogReadings } from './log-readings.ts';
import { isOfEntries, isPaged, isPrivate, LogSearch, type SearchAsked } from './log-search.ts';
import type { SearchPage } from './search-results.ts';
import { SearchBody } from './search.bodies.ts';

const forms =
  'Event id; leaf hash, root of an anchored or committed tree, transaction of an anchor (`0x` and 64 hex), or account hash (the key of a ' +
  'balance in the map of balances); index of a leaf or size of a tree; stream, or `stream@revision`. With a key of the provider or an ' +
  'auditor also: invoice number as printed, customer account (`acc_...`), ledger account (`revenue:tv`).';

/** Entries that are read and proven in one go on the way into a file. */
const rowsAtOnce = 256;

/** Finds what a log holds. What stands in payloads alone is found by those who may read payloads, and by nobody else. */
@QueryRoute('logs')
@ApiSecurity({})
@AlsoPublic()
@ForRoles('provider', 'auditor')
@Controller('v1/logs/:slug/search')
export class LogSearchController {
  readonly #search: LogSearch;
  readonly #readings: LogReadings;
  readonly #exports: EntryExports;
  readonly #writes: ReadYourWrites;

  constructor(
    @Inject(LogSearch) search: LogSearch,
    @Inject(LogReadings) readings: LogReadings,
    @Inject(EntryExports) exports: EntryExports,
    @Inject(ReadYourWrites) writes: ReadYourWrites,
  ) {
    this.#search = search;
    this.#readings = readings;
    this.#exports = exports;
    this.#writes = writes;
  }

  @ApiOperation({ summary: 'Finds entries, invoices, accounts, anchors and tree heads of a log by whatever names one of them.' })
  @Get()
  @Header('cache-control', 'no-store')
  @TermQuery()
  @PageQuery('Key of the first entry of a stream or an account, as `next` of the page before names it.')
  @AfterQuery()
  @ApiOkResponse({ type: SearchBody })
  async find(
    @MaybePrincipal() principal: Principal | undefined,
    @Param('slug') slug: string,
    @Query() query: RawQuery,
  ): Promise<SearchBody> {
    const reading = await this.#readings.of(slug, principal);
    const parameters = readQuery(query, { q: searchTermOf, limit, from: position, after: position });
    const asked = await this.#asked(slug, reading, parameters);
    const { results, next } = await this.#page({ ...asked, from: parameters.from, limit: parameters.limit ?? limitDefault });
    const { head } = reading;
    return {
      results: results.map((found) => foundBodyOf(slug, head, found)),
      ...(next !== undefined && { next }),
      size: head.size.toString(),
      links: { export: `/v1/logs/${slug}/search/export?q=${encodeURIComponent(query['q'] as string)}`, log: `/logs/${slug}/checkpoint` },
    };
  }

  @ApiOperation({ summary: 'Hands over all that a search finds as JSON lines, with what proves it offline.' })
  @Get('export')
  @TermQuery()
  @AfterQuery()
  @ApiProduces('application/jsonl')
  @ApiOkResponse({
    schema: { type: 'string' },
    description: 'First line: the log. Then a line for each result, entries with their proofs.',
  })
  async export(
    @MaybePrincipal() principal: Principal | undefined,
    @Param('slug') slug: string,
    @Query() query: RawQuery,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const reading = await this.#readings.of(slug, principal);
    const asked = await this.#asked(slug, reading, readQuery(query, { q: searchTermOf, after: position }));
    // The first page decides whether there is anything: an answer that has begun cannot be a problem any more.
    const first = await this.#page({ ...asked, limit: rowsAtOnce });
    const headers = {
      'content-type': 'application/jsonl; charset=utf-8',
      'cache-control': 'no-store',
      'content-disposition': `attachment; filename="${slug}-search.jsonl"`,
    };
    await reply.headers(headers).send(Readable.from(this.#lines(asked, first)));
  }

  async *#lines(asked: Omit<SearchAsked, 'limit'>, first: SearchPage): AsyncIterable<string> {
    const { log, head, payloads } = asked;
    yield `${JSON.stringify({ kind: 'log', ...(await this.#exports.log(log, head)) })}\n`;
    for (let page = first; ; page = await this.#search.find({ ...asked, from: BigInt(page.next), limit: rowsAtOnce })) {
      const leaves = page.results.flatMap((found) => ('leaf' in found ? [found.leaf] : []));
      const entries = await this.#exports.entries(log, leaves, head, { payloads });
      for (const found of page.results) {
        const entry = 'leaf' in found && entries.find(({ index }) => index === found.leaf.index.toString());
        const { links: _, ...body } = foundBodyOf(log, head, found);
        yield `${JSON.stringify({ ...body, ...entry })}\n`;
      }
      if (page.next === undefined) return;
    }
  }

  async #asked(
    log: string,
    { head, entries, payloads }: LogReading,
    { q: term, from, after }: { readonly q?: SearchTerm; readonly from?: bigint; readonly after?: bigint },
  ): Promise<Omit<SearchAsked, 'limit'>> {
    const wrong = wrongIn(term, from);
    if (term === undefined || wrong !== undefined)
      throw new ProblemError('query_invalid', { errors: [{ field: wrong ?? 'q', code: 'parameter_malformed' }] });
    if ((isPrivate(term) && !payloads) || (isOfEntries(term) && !entries))
      throw new ProblemError('unauthenticated', {}, { 'www-authenticate': 'Bearer' });
    await this.#writes.passed(after, books, invoices);
    return { log, term, head, entries, payloads };
  }

  /** A page with something on it. */
  async #page(asked: SearchAsked): Promise<SearchPage> {
    const page = await this.#search.find(asked);
    if (page.results.length > 0) return page;
    if (page.isBehind) throw new ProblemError('proof_not_available', {}, { 'retry-after': '1' });
    throw new ProblemError('log_entry_not_found');
  }
}

function TermQuery(): MethodDecorator {
  return ApiQuery({ name: 'q', description: forms, schema: { type: 'string' } });
}

function wrongIn(term: SearchTerm | undefined, from: bigint | undefined): string | undefined {
  if (term === undefined) return 'q';
  return from !== undefined && !isPaged(term) ? 'from' : undefined;
}
