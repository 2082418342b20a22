import { Controller, Get, Header, Inject, Param, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiQuery, ApiSecurity } from '@nestjs/swagger';
import { AlsoPublic, ForRoles, MaybePrincipal } from '../../services/access/adapters/http/principal.decorator.ts';
import type { Principal } from '../../services/access/application/principal.ts';
import { ProblemError } from '../../services/http/problem-error.ts';
import { LogQuery } from '../../services/integrity/application/log-query.ts';
import { type SearchTerm, searchTermOf } from '../../services/integrity/domain/search-term.ts';
import { books } from '../books/books.projection.ts';
import { limit, limitDefault, position, type RawQuery, readQuery } from '../http/query-parameters.ts';
import { AfterQuery, PageQuery, QueryRoute } from '../http/query-route.decorator.ts';
import { ReadYourWrites } from '../http/read-your-writes.ts';
import { invoices } from '../invoices/invoices.projection.ts';
import { foundBodyOf } from './found-body.ts';
import { readingOf } from './log-reader.ts';
import { isPaged, isPrivate, LogSearch } from './log-search.ts';
import { SearchBody } from './search.bodies.ts';

const forms =
  'Event id; leaf hash, root of an anchored or committed tree, transaction of an anchor (`0x` and 64 hex), or account hash (the key of a ' +
  'balance in the map of balances); index of a leaf or size of a tree; stream, or `stream@revision`. With a key of the provider or an ' +
  'auditor also: invoice number as printed, customer account (`acc_...`), ledger account (`revenue:tv`).';

/** Finds what a log holds. What stands in payloads alone is found by those who may read payloads, and by nobody else. */
@QueryRoute('logs')
@ApiSecurity({})
@AlsoPublic()
@ForRoles('provider', 'auditor')
@Controller('v1/logs/:slug/search')
export class LogSearchController {
  readonly #search: LogSearch;
  readonly #query: LogQuery;
  readonly #writes: ReadYourWrites;

  constructor(@Inject(LogSearch) search: LogSearch, @Inject(LogQuery) query: LogQuery, @Inject(ReadYourWrites) writes: ReadYourWrites) {
    this.#search = search;
    this.#query = query;
    this.#writes = writes;
  }

  @ApiOperation({ summary: 'Finds entries, invoices, accounts, anchors and tree heads of a log by whatever names one of them.' })
  @Get()
  @Header('cache-control', 'no-store')
  @ApiQuery({ name: 'q', description: forms, schema: { type: 'string' } })
  @PageQuery('Key of the first entry of a stream or an account, as `next` of the page before names it.')
  @AfterQuery()
  @ApiOkResponse({ type: SearchBody })
  async find(
    @MaybePrincipal() principal: Principal | undefined,
    @Param('slug') slug: string,
    @Query() query: RawQuery,
  ): Promise<SearchBody> {
    const { head, payloads } = await readingOf(this.#query, slug, principal);
    const {
      q: term,
      limit: rows = limitDefault,
      from,
      after,
    } = readQuery(query, { q: searchTermOf, limit, from: position, after: position });
    const wrong = wrongIn(term, from);
    if (term === undefined || wrong !== undefined)
      throw new ProblemError('query_invalid', { errors: [{ field: wrong ?? 'q', code: 'parameter_malformed' }] });
    if (isPrivate(term) && !payloads) throw new ProblemError('unauthenticated', {}, { 'www-authenticate': 'Bearer' });
    await this.#writes.passed(after, books, invoices);
    const { results, next, isBehind } = await this.#search.find({ log: slug, term, head, payloads, from, limit: rows });
    if (results.length === 0 && isBehind) throw new ProblemError('proof_not_available', {}, { 'retry-after': '1' });
    if (results.length === 0) throw new ProblemError('log_entry_not_found');
    return {
      results: results.map((found) => foundBodyOf(slug, head, found)),
      ...(next !== undefined && { next }),
      size: head.size.toString(),
    };
  }
}

function wrongIn(term: SearchTerm | undefined, from: bigint | undefined): string | undefined {
  if (term === undefined) return 'q';
  return from !== undefined && !isPaged(term) ? 'from' : undefined;
}
