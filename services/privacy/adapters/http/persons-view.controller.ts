import { Readable } from 'node:stream';
import { Controller, Get, Header, Inject, Param, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { ForRoles, Principal } from '../../../access/adapters/http/principal.decorator.ts';
import type { Principal as PrincipalOf } from '../../../access/application/principal.ts';
import { pathId } from '../../../http/command-request.ts';
import { ProblemError } from '../../../http/problem-error.ts';
import { ProblemResponse } from '../../../http/problem-response.decorator.ts';
import { PersonalDataQuery, type PersonView } from '../../application/personal-data-query.ts';
import { PersonalExport } from '../../application/personal-export.ts';
import type { ConsentRecorded } from '../../domain/person.events.ts';
import { PersonBody, PersonExportBody } from './person.bodies.ts';

/** Personal data are read from where they lie, never from a read model: there is nothing to erase anywhere else. */
@ApiTags('persons')
@ApiBearerAuth()
@ProblemResponse(401, 'No valid API key.')
@ProblemResponse(403, 'The API key is for another role.')
@ProblemResponse(404, 'There is no such account.')
@ProblemResponse(503, 'The ledger cannot be reached; repeat after the seconds of Retry-After.')
@ForRoles('provider', 'customer')
@Controller('v1/accounts/:account')
export class PersonsViewController {
  readonly #query: PersonalDataQuery;
  readonly #export: PersonalExport;

  constructor(@Inject(PersonalDataQuery) query: PersonalDataQuery, @Inject(PersonalExport) personalExport: PersonalExport) {
    this.#query = query;
    this.#export = personalExport;
  }

  @ApiOperation({ summary: 'Shows what is held of the person behind an account, or that it is erased.' })
  @Get('personal-data')
  @Header('cache-control', 'no-store')
  @ApiOkResponse({ type: PersonBody })
  async show(@Principal() { provider }: PrincipalOf, @Param('account') path: string): Promise<PersonBody> {
    const account = pathId(path, 'acc_', 'account_not_found');
    const view = await this.#query.find(provider, account);
    if (view === undefined) throw new ProblemError('account_not_found', { account });
    return bodyOf(view);
  }

  @ApiOperation({ summary: 'Hands over all that is held of the person behind an account, as one JSON document.' })
  @Get('export')
  @ApiOkResponse({ type: PersonExportBody })
  async export(@Principal() { provider }: PrincipalOf, @Param('account') path: string, @Res() reply: FastifyReply): Promise<void> {
    const account = pathId(path, 'acc_', 'account_not_found');
    const document = await this.#export.document(provider, account);
    if (document === undefined) throw new ProblemError('account_not_found', { account });
    const headers = {
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'no-store',
      'content-disposition': `attachment; filename="${account}.json"`,
    };
    await reply.headers(headers).send(Readable.from(document));
  }
}

function bodyOf(view: PersonView): PersonBody {
  const { account, subject, status } = view;
  const common = { account, subject, status, consents: view.consents.map(consentOf) };
  if (view.status === 'held') return { ...common, data: view.data, event: view.event, revision: view.revision.toString() };
  return { ...common, ...(view.status === 'erased' && view.reason !== undefined && { reason: view.reason }) };
}

function consentOf({ purpose, decision, document, effectiveAt }: ConsentRecorded) {
  return { purpose, decision, document, effectiveAt };
}
