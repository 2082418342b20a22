import { Controller, Get, Inject, Param } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Public } from '../../../access/adapters/http/principal.decorator.ts';
import { ProblemError } from '../../../http/problem-error.ts';
import { ProblemResponse } from '../../../http/problem-response.decorator.ts';
import { PublishedTerms } from '../../application/terms/published-terms.ts';
import { PublishedTermsBody } from './settlement.bodies.ts';

/** Terms by their hash, for anybody who holds a receipt that names it: whoever hashes the answer knows that it is the document. */
@ApiTags('settlement')
@ProblemResponse(404, 'There are no such terms.')
@ProblemResponse(503, 'The ledger cannot be reached; repeat after the seconds of Retry-After.')
@Public()
@Controller('v1/logs/:slug/terms')
export class TermsController {
  readonly #terms: PublishedTerms;

  constructor(@Inject(PublishedTerms) terms: PublishedTerms) {
    this.#terms = terms;
  }

  @ApiOperation({ summary: 'Shows the terms of a hash; keccak256 of their canonical JSON is the hash again.' })
  @Get(':hash')
  @ApiOkResponse({ type: PublishedTermsBody })
  async show(@Param('slug') slug: string, @Param('hash') hash: string): Promise<PublishedTermsBody> {
    const document = /^[a-z0-9]{2,20}$/.test(slug) && /^0x[0-9a-f]{64}$/.test(hash) ? await this.#terms.find(slug, hash) : undefined;
    if (document === undefined) throw new ProblemError('terms_not_found');
    return { hash, document };
  }
}
