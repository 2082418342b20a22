import { Body, Controller, Get, Inject, Param, Post, Query, Res } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiQuery } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Principal } from '../../../access/adapters/http/principal.decorator.ts';
import type { Principal as PrincipalOf } from '../../../access/application/principal.ts';
import { createdOnAccountIdOf } from '../../../commands/application/command-id.ts';
import { CommandExecutor } from '../../../commands/application/command-executor.ts';
import { answerCommand, CommandAnswerBody } from '../../../http/command-answer.ts';
import { Asked, type CommandRequest } from '../../../http/command-request.ts';
import { CommandRoute } from '../../../http/command-route.decorator.ts';
import { ProblemError } from '../../../http/problem-error.ts';
import { moneyOf } from '../../../money/money.ts';
import { RefundPayment } from '../../application/refunds/refund-payment.handler.ts';
import { Refunds } from '../../application/refunds/refunds.ts';
import { settlementStream } from '../../application/settlement-streams.ts';
import { isSettlementId } from '../../domain/chain-effect.ts';
import { signingDomain } from '../../domain/quote.ts';
import { refundAddressTypes } from '../../domain/refund-address.ts';
import { settlement } from '../../domain/settlement.ts';
import { RefundAddressBody, RefundBody, RefundsBody, RefundViewBody } from './refund.bodies.ts';

/** Money of a payment that goes back: decided here, paid on chain afterwards. */
@CommandRoute('settlement')
@Controller('v1/settlements/:settlement')
export class RefundsController {
  readonly #commands: CommandBus;
  readonly #executor: CommandExecutor;
  readonly #refunds: Refunds;

  constructor(
    @Inject(CommandBus) commands: CommandBus,
    @Inject(CommandExecutor) executor: CommandExecutor,
    @Inject(Refunds) refunds: Refunds,
  ) {
    [this.#commands, this.#executor, this.#refunds] = [commands, executor, refunds];
  }

  @ApiOperation({
    summary:
      'Pays back a payment that is final, whole or in part: from the money of the refunder, or out of the escrow while that holds it.',
  })
  @Post('refunds')
  @ApiCreatedResponse({ type: CommandAnswerBody })
  async refund(
    @Asked() asked: CommandRequest,
    @Param('settlement') path: string,
    @Body() body: RefundBody,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CommandAnswerBody> {
    const id = pathSettlement(path);
    const { amount, currency, reason, to, signature } = body;
    const envelope = asked.envelope('RefundPayment', body, id);
    const refund = createdOnAccountIdOf(envelope.commandId, 'ref_', id);
    const request = {
      ...{ refund, settlement: id, reason },
      ...(amount !== undefined && currency !== undefined && { amount: moneyOf(amount, currency) }),
      ...(to !== undefined && { to: to.toLowerCase() }),
      ...(signature !== undefined && { signature }),
    };
    const outcome = await this.#commands.execute(new RefundPayment(envelope, request));
    return answerCommand(reply, outcome, { id: refund, location: `/v1/settlements/${id}/refunds/${refund}` });
  }

  @ApiOperation({ summary: 'Lists what was paid back of a payment, or is about to be, in the order of the decisions.' })
  @Get('refunds')
  @ApiOkResponse({ type: RefundsBody })
  async list(@Principal() { provider }: PrincipalOf, @Param('settlement') path: string): Promise<RefundsBody> {
    return { refunds: await this.#of(provider, path) };
  }

  @ApiOperation({ summary: 'Shows how far a refund has come.' })
  @Get('refunds/:refund')
  @ApiOkResponse({ type: RefundViewBody })
  async show(
    @Principal() { provider }: PrincipalOf,
    @Param('settlement') path: string,
    @Param('refund') refund: string,
  ): Promise<RefundViewBody> {
    const found = (await this.#of(provider, path)).find((each) => each.refund === refund);
    if (found === undefined) throw new ProblemError('refund_not_found', { refund });
    return found;
  }

  @ApiOperation({ summary: 'Answers what a payer signs to have its money back at another address than it came from.' })
  @Get('refund-address')
  @ApiQuery({ name: 'to', description: 'The address.' })
  @ApiOkResponse({ type: RefundAddressBody })
  async address(
    @Principal() { provider }: PrincipalOf,
    @Param('settlement') path: string,
    @Query('to') to: unknown,
  ): Promise<RefundAddressBody> {
    const state = await this.#executor.current(settlement, settlementStream(provider, pathSettlement(path)), provider);
    if (state.status === 'none' || state.seen.payment === undefined) throw new ProblemError('settlement_not_found');
    if (typeof to !== 'string' || !/^0x[0-9a-fA-F]{40}$/.test(to)) throw new ProblemError('query_invalid', { parameter: 'to' });
    const { chainId, contract, module, providerId, payment } = state.seen;
    const domain = { ...signingDomain(module === 'escrow' ? 'escrow' : 'settlement', { chainId, contract }), chainId: Number(chainId) };
    const message = { providerId, seq: payment.slot, to: to.toLowerCase() };
    return { typedData: { domain, types: refundAddressTypes, primaryType: 'RefundAddress', message } };
  }

  async #of(provider: string, path: string) {
    const refunds = await this.#refunds.of(provider, pathSettlement(path));
    if (refunds === undefined) throw new ProblemError('settlement_not_found');
    return refunds;
  }
}

export function pathSettlement(path: string): string {
  if (!isSettlementId(path)) throw new ProblemError('settlement_not_found');
  return path;
}
