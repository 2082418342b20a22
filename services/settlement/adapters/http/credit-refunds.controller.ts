import { Body, Controller, Get, Inject, Param, Post, Res } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Principal } from '../../../access/adapters/http/principal.decorator.ts';
import type { Principal as PrincipalOf } from '../../../access/application/principal.ts';
import { createdOnAccountIdOf } from '../../../commands/application/command-id.ts';
import { answerCommand, CommandAnswerBody } from '../../../http/command-answer.ts';
import { Asked, type CommandRequest } from '../../../http/command-request.ts';
import { CommandRoute } from '../../../http/command-route.decorator.ts';
import { ProblemError } from '../../../http/problem-error.ts';
import { moneyOf } from '../../../money/money.ts';
import { type CreditRefundView, CreditRefunds } from '../../application/credit/credit-refunds.ts';
import { RefundCredit } from '../../application/credit/refund-credit.handler.ts';
import { CreditRefundBody, CreditRefundsBody, CreditRefundViewBody } from './refund.bodies.ts';
import { pathSettlement } from './refunds.controller.ts';

/** Prepaid credit that is taken back: decided here, burnt on chain afterwards. */
@CommandRoute('settlement')
@Controller('v1/settlements/:settlement/credit-refunds')
export class CreditRefundsController {
  readonly #commands: CommandBus;
  readonly #refunds: CreditRefunds;

  constructor(@Inject(CommandBus) commands: CommandBus, @Inject(CreditRefunds) refunds: CreditRefunds) {
    [this.#commands, this.#refunds] = [commands, refunds];
  }

  @ApiOperation({
    summary:
      'Takes back prepaid credit that a payment bought, whole or in part. Once it is burnt for good, its money lies in the wallet of the account, from where `POST /v1/settlements/{settlement}/refunds` pays it back.',
  })
  @Post()
  @ApiCreatedResponse({ type: CommandAnswerBody })
  async refund(
    @Asked() asked: CommandRequest,
    @Param('settlement') path: string,
    @Body() body: CreditRefundBody,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CommandAnswerBody> {
    const id = pathSettlement(path);
    const { amount, currency, reason } = body;
    const envelope = asked.envelope('RefundCredit', body, id);
    const refund = createdOnAccountIdOf(envelope.commandId, 'ref_', id);
    const money = amount !== undefined && currency !== undefined ? { amount: moneyOf(amount, currency) } : {};
    const outcome = await this.#commands.execute(new RefundCredit(envelope, { refund, settlement: id, reason, ...money }));
    return answerCommand(reply, outcome, { id: refund, location: `/v1/settlements/${id}/credit-refunds/${refund}` });
  }

  @ApiOperation({
    summary: 'Lists what was taken back of the credit that a payment bought, or is about to be, in the order of the decisions.',
  })
  @Get()
  @ApiOkResponse({ type: CreditRefundsBody })
  async list(@Principal() { provider }: PrincipalOf, @Param('settlement') path: string): Promise<CreditRefundsBody> {
    return { refunds: await this.#of(provider, path) };
  }

  @ApiOperation({ summary: 'Shows how far a refund of credit has come.' })
  @Get(':refund')
  @ApiOkResponse({ type: CreditRefundViewBody })
  async show(
    @Principal() { provider }: PrincipalOf,
    @Param('settlement') path: string,
    @Param('refund') refund: string,
  ): Promise<CreditRefundViewBody> {
    const found = (await this.#of(provider, path)).find((each) => each.refund === refund);
    if (found === undefined) throw new ProblemError('refund_not_found', { refund });
    return found;
  }

  async #of(provider: string, path: string): Promise<readonly CreditRefundView[]> {
    const refunds = await this.#refunds.of(provider, pathSettlement(path));
    if (refunds === undefined) throw new ProblemError('settlement_not_found');
    return refunds;
  }
}
