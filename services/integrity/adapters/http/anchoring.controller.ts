import { Controller, Get, Inject, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiQuery, ApiTags } from '@nestjs/swagger';
import { ForRoles } from '../../../access/adapters/http/principal.decorator.ts';
import { isInstant } from '../../../http/fields.ts';
import { ProblemError } from '../../../http/problem-error.ts';
import { ProblemResponse } from '../../../http/problem-response.decorator.ts';
import { AnchoringReport } from '../../application/anchoring-report.ts';
import { AnchoringBody, AnchoringCostsBody, costBodyOf, placeBodyOf } from './anchoring.bodies.ts';

const defaultDays = 30;
const dayMs = 86_400_000;

/** How anchoring goes, and what it costs: for the operator, who pays for it. */
@ApiTags('anchoring')
@ApiBearerAuth()
@ProblemResponse(401, 'No valid API key.')
@ProblemResponse(403, 'The API key is for another role.')
@ProblemResponse(503, 'The ledger cannot be reached; repeat after the seconds of Retry-After.')
@ForRoles('operator')
@Controller('v1/anchoring')
export class AnchoringController {
  readonly #report: AnchoringReport;

  constructor(@Inject(AnchoringReport) report: AnchoringReport) {
    this.#report = report;
  }

  @ApiOperation({ summary: 'How it goes with every log on every chain: state, alarms, and how far its anchors came.' })
  @Get()
  @ApiOkResponse({ type: AnchoringBody })
  async show(): Promise<AnchoringBody> {
    const places = await this.#report.places();
    return { healthy: places.every(({ alarm }) => alarm === undefined), places: places.map(placeBodyOf) };
  }

  @ApiOperation({ summary: 'What anchoring cost by log, chain and day.' })
  @Get('costs')
  @ApiQuery({ name: 'from', required: false, schema: { type: 'string', format: 'date' }, description: '30 days ago when absent.' })
  @ApiQuery({ name: 'to', required: false, schema: { type: 'string', format: 'date' }, description: 'Included. Today when absent.' })
  @ProblemResponse(400, 'A query parameter is wrong.')
  @ApiOkResponse({ type: AnchoringCostsBody })
  async costs(@Query() query: Readonly<Record<string, unknown>>): Promise<AnchoringCostsBody> {
    const now = Date.now();
    const period = { from: dayOf(now - defaultDays * dayMs), to: dayOf(now), ...daysIn(query) };
    return { costs: (await this.#report.costs(period)).map(costBodyOf) };
  }
}

function daysIn(query: Readonly<Record<string, unknown>>): { readonly from?: string; readonly to?: string } {
  const errors = Object.entries(query).flatMap(([field, value]) => {
    if (field !== 'from' && field !== 'to') return [{ field, code: 'parameter_unknown' }];
    return typeof value === 'string' && isInstant(`${value}T00:00:00.000Z`) ? [] : [{ field, code: 'parameter_malformed' }];
  });
  if (errors.length > 0) throw new ProblemError('query_invalid', { errors });
  return query;
}

function dayOf(milliseconds: number): string {
  return new Date(milliseconds).toISOString().slice(0, 10);
}
