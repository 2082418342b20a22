import { Body, Controller, Get, Inject, Post, Query, Res } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiQuery } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Principal } from '../../../access/adapters/http/principal.decorator.ts';
import type { Principal as PrincipalOf } from '../../../access/application/principal.ts';
import { answerCommand, CommandAnswerBody } from '../../../http/command-answer.ts';
import { Asked, type CommandRequest } from '../../../http/command-request.ts';
import { CommandRoute } from '../../../http/command-route.decorator.ts';
import { ProblemError } from '../../../http/problem-error.ts';
import { EndPpvEvent } from '../../application/escrow/end-ppv-event.handler.ts';
import { GAS_COSTS, type GasCosts } from '../../application/sending/gas-costs.ts';
import { CollectByMandate } from '../../application/mandates/mandate.handlers.ts';
import { RetryDispatch } from '../../application/sending/retry-dispatch.handler.ts';
import { UndoDispatch } from '../../application/sending/undo-dispatch.handler.ts';
import { CapturePpvEventBody, CollectionBody, EndPpvEventBody, GasCostsBody, RetryBody, UndoingBody } from './sending.bodies.ts';

const dayMs = 86_400_000;
const daysDefault = 30;

/** What the provider sends onto a chain: it is ordered here, and sent once the order stands in the log. */
@CommandRoute('settlement')
@Controller('v1/settlement')
export class SendingController {
  readonly #commands: CommandBus;
  readonly #costs: GasCosts;

  constructor(@Inject(CommandBus) commands: CommandBus, @Inject(GAS_COSTS) costs: GasCosts) {
    this.#commands = commands;
    this.#costs = costs;
  }

  @ApiOperation({ summary: 'Takes what the escrow holds for a pay-per-view event that is over.' })
  @Post('captures')
  @ApiCreatedResponse({ type: CommandAnswerBody })
  async capture(
    @Asked() asked: CommandRequest,
    @Body() body: CapturePpvEventBody,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CommandAnswerBody> {
    const { title, chainId } = body;
    const tokens = body.tokens.map((token) => token.toLowerCase());
    const envelope = asked.envelope('EndPpvEvent', { title, end: 'capture', tokens, ...(chainId !== undefined && { chainId }) });
    const end = { title, ...(chainId !== undefined && { chainId }), end: 'capture' as const, tokens };
    return answerCommand(reply, await this.#commands.execute(new EndPpvEvent(envelope, end)), { id: title });
  }

  @ApiOperation({ summary: 'Gives back what the escrow holds for a pay-per-view event, for good.' })
  @Post('cancellations')
  @ApiCreatedResponse({ type: CommandAnswerBody })
  async cancel(
    @Asked() asked: CommandRequest,
    @Body() body: EndPpvEventBody,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CommandAnswerBody> {
    const { title, chainId } = body;
    const end = { title, ...(chainId !== undefined && { chainId }), end: 'cancel' as const };
    const outcome = await this.#commands.execute(new EndPpvEvent(asked.envelope('EndPpvEvent', end), end));
    return answerCommand(reply, outcome, { id: title });
  }

  @ApiOperation({ summary: 'Orders again what came to nothing.' })
  @Post('retries')
  @ApiCreatedResponse({ type: CommandAnswerBody })
  async retry(
    @Asked() asked: CommandRequest,
    @Body() body: RetryBody,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CommandAnswerBody> {
    const { dispatch: id } = body;
    return answerCommand(reply, await this.#commands.execute(new RetryDispatch(asked.envelope('RetryDispatch', body), id)), { id });
  }

  @ApiOperation({ summary: 'Opens an order again whose transaction is gone with a block that was final.' })
  @Post('undoings')
  @ApiCreatedResponse({ type: CommandAnswerBody })
  async undo(
    @Asked() asked: CommandRequest,
    @Body() body: UndoingBody,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CommandAnswerBody> {
    const { dispatch: id, reason, digest } = body;
    const request = { id, reason, ...(digest !== undefined && { digest }) };
    return answerCommand(reply, await this.#commands.execute(new UndoDispatch(asked.envelope('UndoDispatch', request), request)), { id });
  }

  @ApiOperation({ summary: 'Collects what a slot of an invoice asks for under a mandate, at its quote and within the caps.' })
  @Post('collections')
  @ApiCreatedResponse({ type: CommandAnswerBody })
  async collect(
    @Asked() asked: CommandRequest,
    @Body() body: CollectionBody,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CommandAnswerBody> {
    const { mandate, slot } = body;
    const outcome = await this.#commands.execute(new CollectByMandate(asked.envelope('CollectByMandate', body), { mandate, slot }));
    return answerCommand(reply, outcome, { id: mandate });
  }

  @ApiOperation({ summary: 'Says what was paid for gas, by day, chain and operation.' })
  @ApiQuery({ name: 'from', required: false, description: 'A day; 30 days ago when absent.' })
  @ApiQuery({ name: 'to', required: false, description: 'A day, which counts; today when absent.' })
  @Get('gas')
  @ApiOkResponse({ type: GasCostsBody })
  async gas(@Principal() { provider }: PrincipalOf, @Query('from') from: unknown, @Query('to') to: unknown): Promise<GasCostsBody> {
    const days = await this.#costs.byDay(provider, {
      from: dayOf('from', from ?? dayBefore(daysDefault)),
      to: dayOf('to', to ?? dayBefore(0)),
    });
    const costs = days.map(({ day, chainId, operation, transactions, gas, fee }) => ({
      ...{ day, chainId, operation, transactions: transactions.toString(), gas: gas.toString(), fee: fee.toString() },
    }));
    return { costs };
  }
}

function dayBefore(days: number): string {
  return new Date(Date.now() - days * dayMs).toISOString().slice(0, 10);
}

function dayOf(parameter: string, text: unknown): string {
  const isDay = typeof text === 'string' && /^(19|2\d)\d{2}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(text));
  if (!isDay || new Date(text).toISOString().slice(0, 10) !== text) throw new ProblemError('query_invalid', { parameter });
  return text;
}
