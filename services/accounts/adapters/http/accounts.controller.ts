import { Body, Controller, Inject, Post, Res } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiCreatedResponse, ApiOperation } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { createdIdOf } from '../../../commands/application/command-id.ts';
import { answerCommand, CommandAnswerBody } from '../../../http/command-answer.ts';
import { CommandRoute } from '../../../http/command-route.decorator.ts';
import { Asked, type CommandRequest } from '../../../http/command-request.ts';
import { moneyOf } from '../../../money/money.ts';
import { OpenAccount } from '../../application/open-account.handler.ts';
import { OpenAccountBody } from './account.bodies.ts';

@CommandRoute('accounts')
@Controller('v1/accounts')
export class AccountsController {
  readonly #commands: CommandBus;

  constructor(@Inject(CommandBus) commands: CommandBus) {
    this.#commands = commands;
  }

  @ApiOperation({ summary: "Opens a customer's account." })
  @Post()
  @ApiCreatedResponse({ type: CommandAnswerBody })
  async open(
    @Asked() asked: CommandRequest,
    @Body() body: OpenAccountBody,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CommandAnswerBody> {
    const envelope = asked.envelope('OpenAccount', body);
    const account = createdIdOf(envelope.commandId, 'acc_');
    const creditLimit = moneyOf(body.creditLimit ?? '0', body.currency);
    const outcome = await this.#commands.execute(new OpenAccount(envelope, account, { account, billing: body.billing, creditLimit }));
    return answerCommand(reply, outcome, { id: account, location: `/v1/accounts/${account}` });
  }
}
