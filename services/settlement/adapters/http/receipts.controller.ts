import { Body, Controller, Inject, Param, Post, Res } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiCreatedResponse, ApiOperation } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { answerCommand, CommandAnswerBody } from '../../../http/command-answer.ts';
import { Asked, type CommandRequest } from '../../../http/command-request.ts';
import { CommandRoute } from '../../../http/command-route.decorator.ts';
import { ProblemError } from '../../../http/problem-error.ts';
import { AllocateReceipt } from '../../application/booking/allocate-receipt.handler.ts';
import { isSettlementId } from '../../domain/chain-effect.ts';
import { AllocationBody } from './receipt.bodies.ts';

/** What staff do about money on chain that nobody was found for. */
@CommandRoute('settlement')
@Controller('v1/settlements/:settlement')
export class ReceiptsController {
  readonly #commands: CommandBus;

  constructor(@Inject(CommandBus) commands: CommandBus) {
    this.#commands = commands;
  }

  @ApiOperation({ summary: "Gives an unmatched receipt to the account that it was found to be of, at the token's rate of this moment." })
  @Post('allocation')
  @ApiCreatedResponse({ type: CommandAnswerBody })
  async allocate(
    @Asked() asked: CommandRequest,
    @Param('settlement') settlement: string,
    @Body() body: AllocationBody,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CommandAnswerBody> {
    if (!isSettlementId(settlement)) throw new ProblemError('receipt_not_found');
    const { account, reason } = body;
    const envelope = asked.envelope('AllocateReceipt', body, settlement);
    const outcome = await this.#commands.execute(new AllocateReceipt(envelope, { settlement, account, reason }));
    return answerCommand(reply, outcome, { id: settlement, location: `/v1/settlements/${settlement}` });
  }
}
