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
import { type ListedMandateBody, MandatesBody } from './mandates.bodies.ts';
import { mandates } from './mandates.projection.ts';
import { type ListedMandate, MandatesQuery } from './mandates.query.ts';

/** The mandates of an account; each by itself is shown, signed and ended below the same path. */
@QueryRoute('settlement')
@ForRoles('provider', 'customer')
@Controller('v1/accounts/:account/mandates')
export class MandatesViewController {
  readonly #query: MandatesQuery;
  readonly #accounts: AccountsQuery;
  readonly #writes: ReadYourWrites;

  constructor(
    @Inject(MandatesQuery) query: MandatesQuery,
    @Inject(AccountsQuery) accountsQuery: AccountsQuery,
    @Inject(ReadYourWrites) writes: ReadYourWrites,
  ) {
    [this.#query, this.#accounts, this.#writes] = [query, accountsQuery, writes];
  }

  @ApiOperation({ summary: 'Lists the mandates of an account with their caps and how they stand. The newest first.' })
  @Get()
  @TextQuery('page', 'As `next` of the page before names it.')
  @TextQuery('limit', 'Mandates of a page, 1 to 500; 50 when absent.')
  @AfterQuery()
  @ApiOkResponse({ type: MandatesBody })
  async list(@Principal() { provider }: PrincipalOf, @Param('account') path: string, @Query() query: RawQuery): Promise<MandatesBody> {
    const account = pathId(path, 'acc_', 'account_not_found');
    const asked = readQuery(query, { page: position, limit, after: position });
    await this.#writes.passed(asked.after, accounts, mandates);
    if ((await this.#accounts.currencyOf(provider, account)) === undefined) throw new ProblemError('account_not_found', { account });
    const most = asked.limit ?? limitDefault;
    const found = await this.#query.ofAccount(provider, { account, before: asked.page, limit: most + 1 });
    const shown = found.mandates.slice(0, most);
    const next = found.mandates.length > most ? shown.at(-1)?.position : undefined;
    return {
      account,
      mandates: shown.map(bodyOf),
      ...(next !== undefined && { next: next.toString() }),
      asOfPosition: found.asOfPosition.toString(),
    };
  }
}

function bodyOf({ mandate, status, chainId, contract, currency, terms, offeredAt }: ListedMandate): ListedMandateBody {
  const { payer, token, maxPerPeriod, totalCap, period, start, end } = terms;
  return { mandate, status, chainId, contract, payer, token, currency, maxPerPeriod, totalCap, period, start, end, offeredAt };
}
