import { Body, Controller, Inject, Param, Post, Res } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiCreatedResponse, ApiOperation, ApiProperty } from '@nestjs/swagger';
import { Matches } from 'class-validator';
import type { FastifyReply } from 'fastify';
import { createdIdOf } from '../../../commands/application/command-id.ts';
import { answerCommand, CommandAnswerBody } from '../../../http/command-answer.ts';
import { CommandRoute } from '../../../http/command-route.decorator.ts';
import { Asked, type CommandRequest } from '../../../http/command-request.ts';
import { TextField } from '../../../http/fields.ts';
import { ProblemError } from '../../../http/problem-error.ts';
import { ApiKeyIssuer } from '../../application/api-key-issuer.ts';
import { PROVIDER_DIRECTORY, type ProviderDirectory } from '../../application/provider-directory.ts';
import { RegisterProvider } from '../../application/register-provider.handler.ts';
import { ApiKeyAnswerBody } from './api-key.body.ts';
import { ForRoles } from './principal.decorator.ts';

const slugPattern = /^[a-z0-9]{2,20}$/;

export class ProviderBody {
  @ApiProperty({
    type: 'string',
    pattern: slugPattern.source,
    example: 'northwind',
    description: 'Names the provider in every stream and id.',
  })
  @Matches(slugPattern, { message: 'slug_malformed' })
  readonly slug!: string;
  @TextField({ lengthMax: 100, example: 'Northwind Telecom' })
  readonly name!: string;
}

/** The operator's routes: tenants and their keys. */
@CommandRoute('providers')
@ForRoles('operator')
@Controller('v1/providers')
export class ProvidersController {
  readonly #commands: CommandBus;
  readonly #keys: ApiKeyIssuer;
  readonly #directory: ProviderDirectory;

  constructor(
    @Inject(CommandBus) commands: CommandBus,
    @Inject(ApiKeyIssuer) keys: ApiKeyIssuer,
    @Inject(PROVIDER_DIRECTORY) directory: ProviderDirectory,
  ) {
    this.#commands = commands;
    this.#keys = keys;
    this.#directory = directory;
  }

  @ApiOperation({ summary: 'Registers a provider and opens its log.' })
  @Post()
  @ApiCreatedResponse({ type: CommandAnswerBody })
  async register(
    @Asked() asked: CommandRequest,
    @Body() body: ProviderBody,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CommandAnswerBody> {
    const envelope = asked.envelope('RegisterProvider', body, '', body.slug);
    const outcome = await this.#commands.execute(new RegisterProvider(envelope, { provider: body.slug, name: body.name }));
    return answerCommand(reply, outcome, { id: body.slug, location: `/logs/${body.slug}/log.vkey` });
  }

  @ApiOperation({ summary: 'Issues an API key of a provider. The same Idempotency-Key answers the same key.' })
  @Post(':slug/api-keys')
  @ApiCreatedResponse({ type: ApiKeyAnswerBody })
  async issueKey(@Asked() asked: CommandRequest, @Param('slug') slug: string): Promise<ApiKeyAnswerBody> {
    if (!slugPattern.test(slug) || !(await this.#directory.has(slug))) throw new ProblemError('provider_not_found');
    const id = createdIdOf(asked.envelope('IssueApiKey', {}, '', slug).commandId, 'key_');
    return { id, token: await this.#keys.issue({ id, provider: slug, role: 'provider' }) };
  }
}
