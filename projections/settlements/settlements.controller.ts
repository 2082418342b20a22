import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { Principal } from '../../services/access/adapters/http/principal.decorator.ts';
import type { Principal as PrincipalOf } from '../../services/access/application/principal.ts';
import { ProblemError } from '../../services/http/problem-error.ts';
import { AfterQuery, PageQuery, QueryRoute, TextQuery } from '../http/query-route.decorator.ts';
import { choice, id, limit, limitDefault, position, type RawQuery, readQuery } from '../http/query-parameters.ts';
import { ReadYourWrites } from '../http/read-your-writes.ts';
import { settlementStandings } from './settlement-standing.ts';
import { SettlementDetailBody, SettlementPageBody } from './settlements.bodies.ts';
import { settlements } from './settlements.projection.ts';
import { SettlementsQuery } from './settlements.query.ts';

@QueryRoute('settlement')
@Controller('v1/settlements')
export class SettlementsController {
  readonly #query: SettlementsQuery;
  readonly #writes: ReadYourWrites;

  constructor(@Inject(SettlementsQuery) query: SettlementsQuery, @Inject(ReadYourWrites) writes: ReadYourWrites) {
    this.#query = query;
    this.#writes = writes;
  }

  @ApiOperation({ summary: 'Lists what happened on chain, what changed last first. `standing=unmatched` is what staff have to look at.' })
  @Get()
  @TextQuery('standing', `Only effects in this standing: ${settlementStandings.join(', ')}.`)
  @TextQuery('account', 'Only effects of this account.')
  @TextQuery('invoice', 'Only payments of this invoice.')
  @PageQuery('Key of the first effect, as `next` of the page before names it.')
  @AfterQuery()
  @ApiOkResponse({ type: SettlementPageBody })
  async list(@Principal() { provider }: PrincipalOf, @Query() query: RawQuery): Promise<SettlementPageBody> {
    const standings = choice(...settlementStandings);
    const parameters = { standing: standings, account: id('acc_'), invoice: id('inv_'), limit, from: position, after: position };
    const { limit: rows = limitDefault, after, standing, account, invoice, from } = readQuery(query, parameters);
    await this.#writes.passed(after, settlements);
    const page = await this.#query.page(provider, { standing, account, invoice, from, limit: rows });
    return {
      settlements: page.settlements,
      ...(page.next !== undefined && { next: page.next.toString() }),
      asOfPosition: page.asOfPosition.toString(),
    };
  }

  @ApiOperation({ summary: 'Shows one effect with its block and transaction: the link between an invoice and the chain.' })
  @Get(':settlement')
  @AfterQuery()
  @ApiOkResponse({ type: SettlementDetailBody })
  async show(
    @Principal() { provider }: PrincipalOf,
    @Param('settlement') settlement: string,
    @Query() query: RawQuery,
  ): Promise<SettlementDetailBody> {
    const { after } = readQuery(query, { after: position });
    await this.#writes.passed(after, settlements);
    const known = await this.#query.find(provider, settlement);
    if (known === undefined) throw new ProblemError('settlement_not_found', { settlement });
    return { ...known.found, asOfPosition: known.asOfPosition.toString() };
  }
}
