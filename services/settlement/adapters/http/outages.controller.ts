import { Body, Controller, Inject, Param, Post, Res } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiCreatedResponse, ApiOperation } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { answerCommand, CommandAnswerBody } from '../../../http/command-answer.ts';
import { Asked, type CommandRequest, pathId } from '../../../http/command-request.ts';
import { CommandRoute } from '../../../http/command-route.decorator.ts';
import { RecordOutage } from '../../application/terms/record-outage.handler.ts';
import { OutageBody } from './settlement.bodies.ts';

/** Where monitoring tells of services that were not there. */
@CommandRoute('accounts')
@Controller('v1/accounts/:account/outages')
export class OutagesController {
  readonly #commands: CommandBus;

  constructor(@Inject(CommandBus) commands: CommandBus) {
    this.#commands = commands;
  }

  @ApiOperation({
    summary: 'Records that a service was not there. What its terms give back for the cycle is credited by the same command, once.',
  })
  @Post()
  @ApiCreatedResponse({ type: CommandAnswerBody })
  async record(
    @Asked() asked: CommandRequest,
    @Param('account') path: string,
    @Body() body: OutageBody,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CommandAnswerBody> {
    const id = pathId(path, 'acc_', 'account_not_found');
    const { terms, from, until, source, evidence } = body;
    const envelope = asked.envelope('RecordOutage', body, id);
    const outcome = await this.#commands.execute(new RecordOutage(envelope, id, terms, { from, until, source, evidence }));
    return answerCommand(reply, outcome, { id });
  }
}
