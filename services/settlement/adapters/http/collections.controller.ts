import { Body, Controller, Inject, Param, Post, Res } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiCreatedResponse, ApiOperation } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { answerCommand, CommandAnswerBody } from '../../../http/command-answer.ts';
import { Asked, type CommandRequest, pathId } from '../../../http/command-request.ts';
import { CommandRoute } from '../../../http/command-route.decorator.ts';
import { CollectInvoice } from '../../application/mandates/collect-invoice.handler.ts';
import { InvoiceCollectionBody } from './sending.bodies.ts';

/** Invoices that are collected instead of paid: by the provider's billing, under what the customer has agreed to. */
@CommandRoute('settlement')
@Controller('v1/invoices/:invoice/collections')
export class CollectionsController {
  readonly #commands: CommandBus;

  constructor(@Inject(CommandBus) commands: CommandBus) {
    this.#commands = commands;
  }

  @ApiOperation({ summary: 'Collects what is open of an invoice under a mandate of its account, at the rate of now and within the caps.' })
  @Post()
  @ApiCreatedResponse({ type: CommandAnswerBody })
  async collect(
    @Asked() asked: CommandRequest,
    @Param('invoice') path: string,
    @Body() body: InvoiceCollectionBody,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CommandAnswerBody> {
    const invoice = pathId(path, 'inv_', 'invoice_not_found');
    const envelope = asked.envelope('CollectInvoice', body, invoice);
    const outcome = await this.#commands.execute(new CollectInvoice(envelope, { invoice, mandate: body.mandate }));
    return answerCommand(reply, outcome, { id: body.mandate });
  }
}
