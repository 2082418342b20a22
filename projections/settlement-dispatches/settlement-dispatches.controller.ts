import { Controller, Get, Inject, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { Principal } from '../../services/access/adapters/http/principal.decorator.ts';
import type { Principal as PrincipalOf } from '../../services/access/application/principal.ts';
import { AfterQuery, QueryRoute, TextQuery } from '../http/query-route.decorator.ts';
import { choice, position, type RawQuery, readQuery } from '../http/query-parameters.ts';
import { ReadYourWrites } from '../http/read-your-writes.ts';
import { DispatchesBody } from './settlement-dispatches.bodies.ts';
import { settlementDispatches } from './settlement-dispatches.projection.ts';
import { SettlementDispatchesQuery } from './settlement-dispatches.query.ts';

@QueryRoute('settlement')
@Controller('v1/settlement/dispatches')
export class SettlementDispatchesController {
  readonly #query: SettlementDispatchesQuery;
  readonly #writes: ReadYourWrites;

  constructor(@Inject(SettlementDispatchesQuery) query: SettlementDispatchesQuery, @Inject(ReadYourWrites) writes: ReadYourWrites) {
    this.#query = query;
    this.#writes = writes;
  }

  @ApiOperation({ summary: 'Lists what was ordered to be brought onto a chain, the newest first: at most 200.' })
  @Get()
  @TextQuery('status', 'Only what is `sending`, `done` or `failed`.')
  @AfterQuery()
  @ApiOkResponse({ type: DispatchesBody })
  async list(@Principal() { provider }: PrincipalOf, @Query() query: RawQuery): Promise<DispatchesBody> {
    const asked = readQuery(query, { status: choice('sending', 'done', 'failed'), after: position });
    await this.#writes.passed(asked.after, settlementDispatches);
    const { dispatches, asOfPosition } = await this.#query.list(provider, asked.status);
    return { dispatches, asOfPosition: asOfPosition.toString() };
  }
}
