import { Controller, Get, Inject, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiQuery, ApiTags } from '@nestjs/swagger';
import { ForRoles, Principal } from '../../../access/adapters/http/principal.decorator.ts';
import type { Principal as PrincipalOf } from '../../../access/application/principal.ts';
import { ProblemError } from '../../../http/problem-error.ts';
import { ProblemResponse } from '../../../http/problem-response.decorator.ts';
import { RECONCILIATIONS, type ReconciliationStore } from '../../application/reconciling/reconciliation-store.ts';
import { ReconciliationPageBody, reconciliationBodyOf } from './reconciliation.bodies.ts';

const rowsMax = 500;
const rowsDefault = 50;

/** Whether chains hold what the books say, comparison by comparison. */
@ApiTags('settlement')
@Controller('v1/settlement/reconciliations')
export class ReconciliationsController {
  readonly #kept: ReconciliationStore;

  constructor(@Inject(RECONCILIATIONS) kept: ReconciliationStore) {
    this.#kept = kept;
  }

  @ApiOperation({ summary: 'Lists comparisons of chains with the books, the newest first: both sides, the block, and the difference.' })
  @ApiQuery({ name: 'limit', required: false, description: `Rows of a page, 1 to ${rowsMax}; ${rowsDefault} when absent.` })
  @ApiQuery({ name: 'before', required: false, description: '`next` of the page before.' })
  @Get()
  @ApiBearerAuth()
  @ForRoles('provider', 'auditor')
  @ProblemResponse(400, 'A query parameter is wrong.')
  @ProblemResponse(401, 'No valid API key.')
  @ProblemResponse(403, 'The API key is for another role.')
  @ProblemResponse(503, 'The ledger cannot be reached; repeat after the seconds of Retry-After.')
  @ApiOkResponse({ type: ReconciliationPageBody })
  async list(
    @Principal() { provider }: PrincipalOf,
    @Query('limit') limit: unknown,
    @Query('before') before: unknown,
  ): Promise<ReconciliationPageBody> {
    const rows = numberOf('limit', limit ?? String(rowsDefault));
    if (rows < 1n || rows > BigInt(rowsMax)) throw new ProblemError('query_invalid', { parameter: 'limit' });
    const asked = { before: before === undefined ? undefined : numberOf('before', before), limit: Number(rows) + 1 };
    const page = await this.#kept.page(provider, asked);
    const shown = page.slice(0, Number(rows));
    const next = page.length > shown.length ? shown.at(-1)?.id.toString() : undefined;
    return { reconciliations: shown.map(reconciliationBodyOf), ...(next !== undefined && { next }) };
  }
}

function numberOf(parameter: string, text: unknown): bigint {
  if (typeof text !== 'string' || !/^\d{1,18}$/.test(text)) throw new ProblemError('query_invalid', { parameter });
  return BigInt(text);
}
