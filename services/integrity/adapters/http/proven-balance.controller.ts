import { Controller, Get, Inject, Param } from '@nestjs/common';
import { ApiBearerAuth, ApiNotFoundResponse, ApiOkResponse, ApiParam, ApiTags } from '@nestjs/swagger';
import { Principal } from '../../../access/adapters/http/principal.decorator.ts';
import type { Principal as PrincipalOf } from '../../../access/application/principal.ts';
import { ProblemError } from '../../../http/problem-error.ts';
import { ProvenBalances } from '../../application/proven-balances.ts';
import { bodyOf, ProvenBalanceBody } from './proven-balance.body.ts';

@ApiTags('logs')
@ApiBearerAuth()
@Controller('v1/logs/:slug/state/:ledgerAccount/:currency')
export class ProvenBalanceController {
  readonly #balances: ProvenBalances;

  constructor(@Inject(ProvenBalances) balances: ProvenBalances) {
    this.#balances = balances;
  }

  /** Proves a balance, or that there is none, under the last state that the log commits to. */
  @Get()
  @ApiParam({ name: 'ledgerAccount', example: 'revenue:tv', description: 'A place in the chart of accounts.' })
  @ApiParam({ name: 'currency', example: 'EUR' })
  @ApiOkResponse({ type: ProvenBalanceBody })
  @ApiNotFoundResponse({ description: 'There is no such log, or it has committed to no state yet.' })
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
