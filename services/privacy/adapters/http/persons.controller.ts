import { Body, Controller, Inject, Param, Post, Res } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiCreatedResponse, ApiOperation } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { answerCommand, CommandAnswerBody } from '../../../http/command-answer.ts';
import { Asked, type CommandRequest, pathId } from '../../../http/command-request.ts';
import { CommandRoute } from '../../../http/command-route.decorator.ts';
import { ErasePersonalData } from '../../application/erase-personal-data.handler.ts';
import type { PersonCommand } from '../../application/person-command.ts';
import { subjectOf } from '../../application/persons.ts';
import { RecordConsent } from '../../application/record-consent.handler.ts';
import { RecordPersonalData } from '../../application/record-personal-data.handler.ts';
import type { PersonalData } from '../../domain/personal-data.ts';
import { ConsentBody, ErasureBody, PersonalDataBody } from './person.bodies.ts';

/** What is held of the person behind an account: taken in, corrected, agreed to, erased. */
@CommandRoute('persons')
@Controller('v1/accounts/:account')
export class PersonsController {
  readonly #commands: CommandBus;

  constructor(@Inject(CommandBus) commands: CommandBus) {
    this.#commands = commands;
  }

  @ApiOperation({ summary: "Keeps the account holder's personal data, or a correction: always the whole of it." })
  @Post('personal-data')
  @ApiCreatedResponse({ type: CommandAnswerBody })
  record(
    @Asked() asked: CommandRequest,
    @Param('account') path: string,
    @Body() body: PersonalDataBody,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CommandAnswerBody> {
    const account = accountIn(path);
    // Without the body: the handler adds it to the fingerprint under the person's key.
    const envelope = asked.envelope('RecordPersonalData', {}, account);
    return this.#answer(reply, new RecordPersonalData(envelope, account, JSON.parse(JSON.stringify(body)) as PersonalData));
  }

  @ApiOperation({ summary: 'Takes note of a consent that was given or withdrawn.' })
  @Post('consents')
  @ApiCreatedResponse({ type: CommandAnswerBody })
  consent(
    @Asked() asked: CommandRequest,
    @Param('account') path: string,
    @Body() body: ConsentBody,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CommandAnswerBody> {
    const account = accountIn(path);
    const { purpose, decision, document, effectiveAt } = body;
    const data = { purpose, decision, document, ...(effectiveAt !== undefined && { effectiveAt }) };
    return this.#answer(reply, new RecordConsent(asked.envelope('RecordConsent', body, account), account, data));
  }

  @ApiOperation({ summary: "Erases the account holder's personal data for ever. What was charged and paid stays." })
  @Post('erasures')
  @ApiCreatedResponse({ type: CommandAnswerBody })
  erase(
    @Asked() asked: CommandRequest,
    @Param('account') path: string,
    @Body() body: ErasureBody,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CommandAnswerBody> {
    const account = accountIn(path);
    const { reason, reference } = body;
    const envelope = asked.envelope('ErasePersonalData', body, account);
    return this.#answer(reply, new ErasePersonalData(envelope, account, { reason, ...(reference !== undefined && { reference }) }));
  }

  async #answer<Data>(reply: FastifyReply, command: PersonCommand<Data>): Promise<CommandAnswerBody> {
    const outcome = await this.#commands.execute(command);
    const { account } = command;
    return answerCommand(reply, outcome, { id: subjectOf(account), location: `/v1/accounts/${account}/personal-data` });
  }
}

function accountIn(path: string): string {
  return pathId(path, 'acc_', 'account_not_found');
}
