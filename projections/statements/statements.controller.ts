import { applyDecorators, Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { ForRoles, Principal } from '../../services/access/adapters/http/principal.decorator.ts';
import type { Principal as PrincipalOf } from '../../services/access/application/principal.ts';
import { pathId } from '../../services/http/command-request.ts';
import { ProblemError } from '../../services/http/problem-error.ts';
import { accounts } from '../accounts/accounts.projection.ts';
import { AccountsQuery } from '../accounts/accounts.query.ts';
import { AfterQuery, QueryRoute, TextQuery } from '../http/query-route.decorator.ts';
import { choice, limit, limitDefault, position, type RawQuery, readQuery } from '../http/query-parameters.ts';
import { ReadYourWrites } from '../http/read-your-writes.ts';
import { moment, statementRange } from './moment.ts';
import { StatementBody, type StatementRowBody } from './statements.bodies.ts';
import { statements } from './statements.projection.ts';
import { type StatementRow, StatementsQuery } from './statements.query.ts';

@QueryRoute('accounts')
@ForRoles('provider', 'customer')
@Controller('v1/accounts/:account/statement')
export class StatementsController {
  readonly #query: StatementsQuery;
  readonly #accounts: AccountsQuery;
  readonly #writes: ReadYourWrites;

  constructor(
    @Inject(StatementsQuery) query: StatementsQuery,
    @Inject(AccountsQuery) accountsQuery: AccountsQuery,
    @Inject(ReadYourWrites) writes: ReadYourWrites,
  ) {
    this.#query = query;
    this.#accounts = accountsQuery;
    this.#writes = writes;
  }

  @ApiOperation({ summary: 'One statement of everything that happened to an account: wallet, charges, invoices, payments, purchases.' })
  @Get()
  @StatementQueries()
  @AfterQuery()
  @ApiOkResponse({ type: StatementBody })
  async show(@Principal() { provider }: PrincipalOf, @Param('account') path: string, @Query() query: RawQuery): Promise<StatementBody> {
    const account = pathId(path, 'acc_', 'account_not_found');
    const parameters = { from: moment, to: moment, by: choice('recorded', 'effective'), page: position, limit, after: position };
    const asked = readQuery(query, parameters);
    const range = statementRange({ from: asked.from, to: asked.to, by: asked.by ?? 'recorded' });
    if (range === undefined) throw new ProblemError('query_invalid', { errors: [{ field: 'to', code: 'parameter_mixed' }] });
    await this.#writes.passed(asked.after, accounts, statements);
    const currency = await this.#accounts.currencyOf(provider, account);
    if (currency === undefined) throw new ProblemError('account_not_found', { account });
    const page = { cursor: asked.page, limit: asked.limit ?? limitDefault };
    const statement = await this.#query.find(provider, { account, currency, range, ...page });
    const { opening, movements, closing, rows, next, asOfPosition } = statement;
    return {
      account,
      currency,
      opening,
      movements,
      closing,
      rows: rows.map(bodyOf),
      ...(next !== undefined && { next: next.toString() }),
      asOfPosition: asOfPosition.toString(),
    };
  }
}

function StatementQueries(): MethodDecorator {
  const moments = 'a day (`2026-01-31`, UTC), an instant, or a position of the log; not both kinds in one request';
  return applyDecorators(
    TextQuery('from', `Begin: ${moments}. A day counts from its beginning, an instant from itself; a position is left out.`),
    TextQuery('to', `End: ${moments}. A day counts to its end, an instant up to itself; a position is taken in.`),
    TextQuery('by', 'Which time cuts and orders: `recorded` (never changes afterwards; when absent) or `effective` (business time).'),
    TextQuery('page', 'Position of the first row, as `next` of the page before names it.'),
    TextQuery('limit', 'Rows of a page, 1 to 500; 50 when absent.'),
  );
}

function bodyOf({
  position: place,
  eventId,
  type,
  recordedAt,
  effectiveAt,
  description,
  reference,
  movement,
  balances,
}: StatementRow): StatementRowBody {
  return {
    position: place.toString(),
    eventId,
    type,
    at: recordedAt,
    effectiveAt,
    description,
    ...(reference !== undefined && { reference }),
    movement,
    balances,
  };
}
