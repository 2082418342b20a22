import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { Principal } from '../../services/access/adapters/http/principal.decorator.ts';
import type { Principal as PrincipalOf } from '../../services/access/application/principal.ts';
import { pathId } from '../../services/http/command-request.ts';
import { ProblemError } from '../../services/http/problem-error.ts';
import { accounts } from '../accounts/accounts.projection.ts';
import { AccountsQuery } from '../accounts/accounts.query.ts';
import { AfterQuery, QueryRoute, TextQuery } from '../http/query-route.decorator.ts';
import { instant, position, type RawQuery, readQuery } from '../http/query-parameters.ts';
import { ReadYourWrites } from '../http/read-your-writes.ts';
import { EntitlementsBody } from './entitlements.bodies.ts';
import { entitlements } from './entitlements.projection.ts';
import { EntitlementsQuery } from './entitlements.query.ts';

@QueryRoute('accounts')
@Controller('v1/accounts/:account/entitlements')
export class EntitlementsController {
  readonly #query: EntitlementsQuery;
  readonly #accounts: AccountsQuery;
  readonly #writes: ReadYourWrites;

  constructor(
    @Inject(EntitlementsQuery) query: EntitlementsQuery,
    @Inject(AccountsQuery) accountsQuery: AccountsQuery,
    @Inject(ReadYourWrites) writes: ReadYourWrites,
  ) {
    this.#query = query;
    this.#accounts = accountsQuery;
    this.#writes = writes;
  }

  @ApiOperation({ summary: 'Lists the titles that an account may watch, now or at an instant.' })
  @Get()
  @TextQuery('at', 'An instant; now when absent.')
  @AfterQuery()
  @ApiOkResponse({ type: EntitlementsBody })
  async list(@Principal() { provider }: PrincipalOf, @Param('account') path: string, @Query() query: RawQuery): Promise<EntitlementsBody> {
    const account = pathId(path, 'acc_', 'account_not_found');
    const asked = readQuery(query, { at: instant, after: position });
    await this.#writes.passed(asked.after, accounts, entitlements);
    if ((await this.#accounts.currencyOf(provider, account)) === undefined) throw new ProblemError('account_not_found', { account });
    const at = asked.at ?? new Date().toISOString();
    const valid = await this.#query.at(provider, { account, instant: at });
    return { account, at, entitlements: valid.entitlements, asOfPosition: valid.asOfPosition.toString() };
  }
}
