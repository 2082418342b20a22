import { Body, Controller, Get, Inject, Post, Res } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiProperty } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { answerCommand, CommandAnswerBody } from '../../../http/command-answer.ts';
import { Asked, type CommandRequest } from '../../../http/command-request.ts';
import { CommandRoute } from '../../../http/command-route.decorator.ts';
import { ChoiceField } from '../../../http/fields.ts';
import { EntryAccessQuery } from '../../application/entry-access-query.ts';
import type { Principal as PrincipalOf } from '../../application/principal.ts';
import { SetEntryAccess } from '../../application/set-entry-access.handler.ts';
import { entryAccesses, type EntryAccess } from '../../domain/provider.events.ts';
import { Principal } from './principal.decorator.ts';

const description =
  '`public`: anybody reads the entries of the log (stream, type and time of each event, and hashes). `token`: only who may read payloads. ' +
  'Tree heads, hashes, proofs and anchors are public in any case.';

export class EntryAccessBody {
  @ChoiceField(entryAccesses, { example: 'token', description })
  readonly entries!: EntryAccess;
}

/** The answer has no more than what was set. */
export class EntryAccessView {
  @ApiProperty({ type: 'string', enum: [...entryAccesses], description })
  readonly entries!: EntryAccess;
}

/** Who may read the entries of the provider's log. */
@CommandRoute('log')
@Controller('v1/entry-access')
export class EntryAccessController {
  readonly #commands: CommandBus;
  readonly #query: EntryAccessQuery;

  constructor(@Inject(CommandBus) commands: CommandBus, @Inject(EntryAccessQuery) query: EntryAccessQuery) {
    this.#commands = commands;
    this.#query = query;
  }

  @ApiOperation({ summary: 'Opens the entries of the log to everybody, or to holders of a token alone. It works within five seconds.' })
  @Post()
  @ApiCreatedResponse({ type: CommandAnswerBody })
  async set(
    @Asked() asked: CommandRequest,
    @Body() { entries }: EntryAccessBody,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CommandAnswerBody> {
    const outcome = await this.#commands.execute(new SetEntryAccess(asked.envelope('SetEntryAccess', { entries }), entries));
    return answerCommand(reply, outcome, { id: 'entry-access', location: '/v1/entry-access' });
  }

  @ApiOperation({ summary: 'Shows who may read the entries of the log.' })
  @Get()
  @ApiOkResponse({ type: EntryAccessView })
  async show(@Principal() { provider }: PrincipalOf): Promise<EntryAccessView> {
    return { entries: await this.#query.now(provider) };
  }
}
