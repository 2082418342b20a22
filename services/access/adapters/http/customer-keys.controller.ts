import { Controller, Inject, Param, Post } from '@nestjs/common';
import { ApiCreatedResponse, ApiOperation } from '@nestjs/swagger';
import { createdOnAccountIdOf } from '../../../commands/application/command-id.ts';
import { CommandRoute } from '../../../http/command-route.decorator.ts';
import { Asked, type CommandRequest, pathId } from '../../../http/command-request.ts';
import { ProblemError } from '../../../http/problem-error.ts';
import { ACCOUNT_DIRECTORY, type AccountDirectory } from '../../application/account-directory.ts';
import { ApiKeyIssuer } from '../../application/api-key-issuer.ts';
import { ApiKeyAnswerBody } from './api-key.body.ts';

/** Keys by which customers see what is their own. */
@CommandRoute('accounts')
@Controller('v1/accounts/:account')
export class CustomerKeysController {
  readonly #keys: ApiKeyIssuer;
  readonly #accounts: AccountDirectory;

  constructor(@Inject(ApiKeyIssuer) keys: ApiKeyIssuer, @Inject(ACCOUNT_DIRECTORY) accounts: AccountDirectory) {
    this.#keys = keys;
    this.#accounts = accounts;
  }

  @ApiOperation({
    summary:
      "Issues a customer's own key: it opens this account's statement, signed balances, invoices and proof bundles, its personal data and their export. The same Idempotency-Key answers the same key.",
  })
  @Post('customer-keys')
  @ApiCreatedResponse({ type: ApiKeyAnswerBody })
  async issue(@Asked() asked: CommandRequest, @Param('account') path: string): Promise<ApiKeyAnswerBody> {
    const account = pathId(path, 'acc_', 'account_not_found');
    const { provider } = asked;
    if (!(await this.#accounts.has(provider, account))) throw new ProblemError('account_not_found', { account });
    const id = createdOnAccountIdOf(asked.envelope('IssueCustomerKey', {}, account).commandId, 'key_', account);
    return { id, token: await this.#keys.issue({ id, provider, role: 'customer', account }) };
  }
}
