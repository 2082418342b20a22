import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { ForRoles, Principal } from '../../services/access/adapters/http/principal.decorator.ts';
import type { Principal as PrincipalOf } from '../../services/access/application/principal.ts';
import { pathId } from '../../services/http/command-request.ts';
import { ProblemError } from '../../services/http/problem-error.ts';
import { accounts } from '../accounts/accounts.projection.ts';
import { AccountsQuery } from '../accounts/accounts.query.ts';
import { limit, limitDefault, position, type RawQuery, readQuery } from '../http/query-parameters.ts';
import { AfterQuery, QueryRoute, TextQuery } from '../http/query-route.decorator.ts';
import { ReadYourWrites } from '../http/read-your-writes.ts';
import { TitleNoticesBody } from './entitlements.bodies.ts';
import { entitlements } from './entitlements.projection.ts';
import { EntitlementsQuery } from './entitlements.query.ts';

/** What a customer is told when something that was bought cannot be watched. */
@QueryRoute('accounts')
@ForRoles('provider', 'customer')
@Controller('v1/accounts/:account/notices')
export class TitleNoticesController {
  readonly #query: EntitlementsQuery;
  readonly #accounts: AccountsQuery;
  readonly #writes: ReadYourWrites;

  constructor(
    @Inject(EntitlementsQuery) query: EntitlementsQuery,
    @Inject(AccountsQuery) accountsQuery: AccountsQuery,
    @Inject(ReadYourWrites) writes: ReadYourWrites,
  ) {
    [this.#query, this.#accounts, this.#writes] = [query, accountsQuery, writes];
  }

  @ApiOperation({ summary: 'Tells of titles that were bought and are taken back: why, and where the money goes. The newest first.' })
  @Get()
  @TextQuery('page', 'As `next` of the page before names it.')
  @TextQuery('limit', 'Notices of a page, 1 to 500; 50 when absent.')
  @AfterQuery()
  @ApiOkResponse({ type: TitleNoticesBody })
  async list(@Principal() { provider }: PrincipalOf, @Param('account') path: string, @Query() query: RawQuery): Promise<TitleNoticesBody> {
    const account = pathId(path, 'acc_', 'account_not_found');
    const asked = readQuery(query, { page: position, limit, after: position });
    await this.#writes.passed(asked.after, accounts, entitlements);
    if ((await this.#accounts.currencyOf(provider, account)) === undefined) throw new ProblemError('account_not_found', { account });
    const most = asked.limit ?? limitDefault;
    const { notices, asOfPosition } = await this.#query.notices(provider, { account, before: asked.page, limit: most + 1 });
    const shown = notices.slice(0, most);
    const next = notices.length > most ? shown.at(-1)?.position : undefined;
    return {
      account,
      notices: shown.map((notice) => ({ ...notice, position: notice.position.toString() })),
      ...(next !== undefined && { next: next.toString() }),
      asOfPosition: asOfPosition.toString(),
    };
  }
}
