import { Controller, Inject, Param, Post } from '@nestjs/common';
import { ApiCreatedResponse, ApiOperation } from '@nestjs/swagger';
import { createdIdOf } from '../../../commands/application/command-id.ts';
import { CommandRoute } from '../../../http/command-route.decorator.ts';
import { Asked, type CommandRequest, pathId } from '../../../http/command-request.ts';
import { ProblemError } from '../../../http/problem-error.ts';
import { API_KEY_STORE, type ApiKeyStore } from '../../application/api-key.ts';
import { ApiKeyIssuer } from '../../application/api-key-issuer.ts';
import { ApiKeyAnswerBody, IssuedKeyBody, issuedKeyBodyOf } from './api-key.body.ts';

const role = 'auditor';

/** Keys by which auditors read the provider's log with everything that its leaves commit to. An audit ends, and its key with it. */
@CommandRoute('auditor-keys')
@Controller('v1/auditor-keys')
export class AuditorKeysController {
  readonly #issuer: ApiKeyIssuer;
  readonly #keys: ApiKeyStore;

  constructor(@Inject(ApiKeyIssuer) issuer: ApiKeyIssuer, @Inject(API_KEY_STORE) keys: ApiKeyStore) {
    this.#issuer = issuer;
    this.#keys = keys;
  }

  @ApiOperation({
    summary: "Issues an auditor's key, which reads all of the log and writes nothing. The same Idempotency-Key answers the same key.",
  })
  @Post()
  @ApiCreatedResponse({ type: ApiKeyAnswerBody })
  async issue(@Asked() asked: CommandRequest): Promise<ApiKeyAnswerBody> {
    const id = createdIdOf(asked.envelope('IssueAuditorKey', {}).commandId, 'key_');
    return { id, token: await this.#issuer.issue({ id, provider: asked.provider, role }) };
  }

  @ApiOperation({ summary: "Ends an auditor's key for ever; it opens nothing any more within five seconds." })
  @Post(':key/revocations')
  @ApiCreatedResponse({ type: IssuedKeyBody })
  async revoke(@Asked() { provider }: CommandRequest, @Param('key') path: string): Promise<IssuedKeyBody> {
    const id = pathId(path, 'key_', 'api_key_not_found');
    const revoked = await this.#keys.revoke({ id, provider, role });
    if (revoked === undefined) throw new ProblemError('api_key_not_found', { key: id });
    return issuedKeyBodyOf(revoked);
  }
}
