import { Controller, Get, Inject, Param } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { ChecksOwner, ForRoles, Principal } from '../../../access/adapters/http/principal.decorator.ts';
import { type Principal as PrincipalOf, reaches } from '../../../access/application/principal.ts';
import { pathId } from '../../../http/command-request.ts';
import type { ProblemCode } from '../../../http/problem-catalog.ts';
import { ProblemError } from '../../../http/problem-error.ts';
import { ProblemResponse } from '../../../http/problem-response.decorator.ts';
import type { ProofBundle } from '../../../integrity/application/proof-bundle.ts';
import { type BillBundle, BillBundles } from '../../application/bill-bundles.ts';
import { ProofBundleBody } from './bill-bundle.body.ts';

@ApiTags('proofs')
@ApiBearerAuth()
@ProblemResponse(401, 'No valid API key.')
@ProblemResponse(403, 'The API key is for another role.')
@ProblemResponse(404, 'It does not exist, or the log has not committed to balances yet.')
@ProblemResponse(503, 'The ledger cannot be reached; repeat after the seconds of Retry-After.')
@ForRoles('provider', 'customer', 'auditor')
@Controller('v1')
export class BillBundlesController {
  readonly #bundles: BillBundles;

  constructor(@Inject(BillBundles) bundles: BillBundles) {
    this.#bundles = bundles;
  }

  @ApiOperation({ summary: 'One file with which a customer checks an account and all its invoices, offline.' })
  @Get('accounts/:account/proof-bundle')
  @ApiOkResponse({ type: ProofBundleBody })
  async ofAccount(@Principal() { provider }: PrincipalOf, @Param('account') path: string): Promise<ProofBundleBody> {
    const account = pathId(path, 'acc_', 'account_not_found');
    return bodyOf(await this.#bundles.ofAccount(provider, account), 'account_not_found', { account });
  }

  @ApiOperation({ summary: 'One file with which a customer checks an issued invoice, line by line, offline.' })
  @Get('invoices/:invoice/proof-bundle')
  @ChecksOwner()
  @ApiOkResponse({ type: ProofBundleBody })
  async ofInvoice(@Principal() principal: PrincipalOf, @Param('invoice') path: string): Promise<ProofBundleBody> {
    const invoice = pathId(path, 'inv_', 'invoice_not_found');
    const isFor = (account: string) => reaches(principal, account);
    return bodyOf(await this.#bundles.ofInvoice(principal.provider, invoice, isFor), 'invoice_not_found', { invoice });
  }
}

function bodyOf(bundle: BillBundle, notFound: ProblemCode, params: Readonly<Record<string, string>>): ProofBundle {
  if (bundle === 'not found') throw new ProblemError(notFound, params);
  if (bundle === 'not yet') throw new ProblemError('proof_not_available', {}, { 'retry-after': '1' });
  return bundle;
}
