import { Controller, Get, Inject } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { ProblemResponse } from '../../../http/problem-response.decorator.ts';
import { API_KEY_STORE, type ApiKeyStore } from '../../application/api-key.ts';
import type { Principal as PrincipalOf } from '../../application/principal.ts';
import { issuedKeyBodyOf, IssuedKeysBody } from './api-key.body.ts';
import { Principal } from './principal.decorator.ts';

@ApiTags('auditor-keys')
@ApiBearerAuth()
@ProblemResponse(401, 'No valid API key.')
@ProblemResponse(403, 'The API key is for another role.')
@ProblemResponse(503, 'The ledger cannot be reached; repeat after the seconds of Retry-After.')
@Controller('v1/auditor-keys')
export class AuditorKeysViewController {
  readonly #keys: ApiKeyStore;

  constructor(@Inject(API_KEY_STORE) keys: ApiKeyStore) {
    this.#keys = keys;
  }

  @ApiOperation({ summary: 'Lists the keys of auditors, the oldest first, and when they ended. Tokens are stored nowhere.' })
  @Get()
  @ApiOkResponse({ type: IssuedKeysBody })
  async list(@Principal() { provider }: PrincipalOf): Promise<IssuedKeysBody> {
    return { keys: (await this.#keys.issued(provider, 'auditor')).map(issuedKeyBodyOf) };
  }
}
