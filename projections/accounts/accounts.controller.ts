import { Controller, Get, Inject, Param, Query, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Principal } from '../../services/access/adapters/http/principal.decorator.ts';
import type { Principal as PrincipalOf } from '../../services/access/application/principal.ts';
import { pathId } from '../../services/http/command-request.ts';
import { ProblemError } from '../../services/http/problem-error.ts';
import { AfterQuery, PageQuery, QueryRoute } from '../http/query-route.decorator.ts';
import { id, limit, limitDefault, position, type RawQuery, readQuery } from '../http/query-parameters.ts';
import { ReadYourWrites } from '../http/read-your-writes.ts';
import { AccountAsOfBody, AccountPageBody } from './accounts.bodies.ts';
import { accounts } from './accounts.projection.ts';
import { AccountsQuery, type AccountView } from './accounts.query.ts';

@QueryRoute('accounts')
@Controller('v1/accounts')
export class AccountsViewController {
  readonly #query: AccountsQuery;
  readonly #writes: ReadYourWrites;

  constructor(@Inject(AccountsQuery) query: AccountsQuery, @Inject(ReadYourWrites) writes: ReadYourWrites) {
    this.#query = query;
    this.#writes = writes;
  }

  @ApiOperation({ summary: "Lists the provider's accounts, in order of their ids." })
  @Get()
  @PageQuery('Account of the first row.')
  @AfterQuery()
  @ApiOkResponse({ type: AccountPageBody })
  async list(@Principal() { provider }: PrincipalOf, @Query() query: RawQuery): Promise<AccountPageBody> {
    const asked = readQuery(query, { limit, from: id('acc_'), after: position });
    await this.#writes.passed(asked.after, accounts);
    const page = await this.#query.page(provider, { from: asked.from, limit: asked.limit ?? limitDefault });
    return {
      accounts: page.accounts.map(withText),
      ...(page.next !== undefined && { next: page.next }),
      asOfPosition: page.asOfPosition.toString(),
    };
  }

  @ApiOperation({ summary: 'Shows an account; the ETag is its revision.' })
  @Get(':account')
  @AfterQuery()
  @ApiOkResponse({ type: AccountAsOfBody })
  async show(
    @Principal() { provider }: PrincipalOf,
    @Param('account') path: string,
    @Query() query: RawQuery,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<AccountAsOfBody> {
    const account = pathId(path, 'acc_', 'account_not_found');
    const { after } = readQuery(query, { after: position });
    await this.#writes.passed(after, accounts);
    const found = await this.#query.find(provider, account);
    if (found === undefined) throw new ProblemError('account_not_found', { account });
    void reply.header('etag', `"${found.view.revision}"`);
    return { ...withText(found.view), asOfPosition: found.asOfPosition.toString() };
  }
}

function withText(view: AccountView): Omit<AccountView, 'revision'> & { readonly revision: string } {
  return { ...view, revision: view.revision.toString() };
}
