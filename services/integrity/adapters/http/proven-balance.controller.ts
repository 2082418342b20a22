import { Controller, Get, Inject, Param } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import { ForRoles, Principal } from '../../../access/adapters/http/principal.decorator.ts';
import type { Principal as PrincipalOf } from '../../../access/application/principal.ts';
import { ProblemResponse } from '../../../http/problem-response.decorator.ts';
import { ProblemError } from '../../../http/problem-error.ts';
import { ProvenBalances } from '../../application/proven-balances.ts';
import { bodyOf, ProvenBalanceBody } from './proven-balance.body.ts';

@ApiTags('logs')
@ApiBearerAuth()
@ProblemResponse(401, 'No valid API key.')
@ProblemResponse(403, 'The API key is for another role.')
@ProblemResponse(404, 'There is no such log, or it has committed to no state yet.')
@ProblemResponse(503, 'The ledger cannot be reached; repeat after the seconds of Retry-After.')
@ForRoles('provider', 'auditor')
@Controller('v1/logs/:slug/state/:ledgerAccount/:currency')
export class ProvenBalanceController {
  readonly #balances: ProvenBalances;

  constructor(@Inject(ProvenBalances) balances: ProvenBalances) {
    this.#balances = balances;
  }

  @ApiOperation({ summary: 'Proves a balance, or that there is none, under the last state that the log commits to.' })
  @Get()
  @ApiParam({ name: 'ledgerAccount', example: 'revenue:tv', description: 'A place in the chart of accounts.' })
  @ApiParam({ name: 'currency', example: 'EUR' })
  @ApiOkResponse({ type: ProvenBalanceBody })
  async show(
    @Principal() { provider }: PrincipalOf,
    @Param('slug') slug: string,
    @Param('ledgerAccount') account: string,
    @Param('currency') currency: string,
  ): Promise<ProvenBalanceBody> {
    // Balances are private: another tenant's log is answered like one that does not exist.
    if (slug !== provider) throw new ProblemError('log_not_found');
    if (account.includes('\0') || currency.includes('\0')) throw new ProblemError('path_invalid');
    const proven = await this.#balances.find(provider, account, currency);
    if (proven === undefined) throw new ProblemError('proof_not_available');
    return bodyOf(proven);
  }
}
