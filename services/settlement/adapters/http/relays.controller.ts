import { Body, Controller, Headers, Inject, Param, Post, Res } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiCreatedResponse, ApiHeader, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Public } from '../../../access/adapters/http/principal.decorator.ts';
import { envelopeOf } from '../../../commands/application/envelope.ts';
import { answerCommand, CommandAnswerBody } from '../../../http/command-answer.ts';
import { ProblemError } from '../../../http/problem-error.ts';
import { ProblemResponse } from '../../../http/problem-response.decorator.ts';
import { CheckoutAsks } from '../../application/checkout/checkout-asks.ts';
import { Checkouts } from '../../application/checkout/checkouts.ts';
import { RelayPayment } from '../../application/checkout/relay-payment.handler.ts';
import { keyOf } from './checkout.controller.ts';
import { RelayBody } from './sending.bodies.ts';

/** Payments that cost their payers no gas: whoever has the link signs, and we send. */
@ApiTags('checkout')
@ProblemResponse(400, 'The request is malformed.')
@ProblemResponse(404, 'There is no such checkout, or no good quote for the token.')
@ProblemResponse(409, 'The contract would refuse the payment.')
@ProblemResponse(429, 'The checkout asked the chain too often; repeat after the seconds of Retry-After.')
@ProblemResponse(503, 'The ledger or the chain cannot be reached; repeat after the seconds of Retry-After.')
@Public()
@Controller('v1/checkouts/:checkout/relays')
export class RelaysController {
  readonly #commands: CommandBus;
  readonly #checkouts: Checkouts;
  readonly #asks: CheckoutAsks;

  constructor(@Inject(CommandBus) commands: CommandBus, @Inject(Checkouts) checkouts: Checkouts, @Inject(CheckoutAsks) asks: CheckoutAsks) {
    [this.#commands, this.#checkouts, this.#asks] = [commands, checkouts, asks];
  }

  @ApiOperation({ summary: "Takes the payer's signature, tries the payment out, and brings it to the contract." })
  @ApiHeader({ name: 'Idempotency-Key', required: true, description: 'Chosen by the caller.' })
  @Post()
  @ApiCreatedResponse({ type: CommandAnswerBody })
  async relay(
    @Param('checkout') id: string,
    @Headers('idempotency-key') key: string | undefined,
    @Body() body: RelayBody,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CommandAnswerBody> {
    const slot = this.#checkouts.slotOf(id);
    if (slot === undefined) throw new ProblemError('checkout_not_found');
    const { method, signature, nonce } = body;
    const [token, payer] = [body.token.toLowerCase(), body.payer.toLowerCase()];
    const envelope = envelopeOf({
      ...{ provider: slot.provider, actor: { id: `checkout:${slot.seq}`, type: 'process' }, key: keyOf(key) },
      ...{ command: 'RelayPayment', body: { slot: slot.seq, token, payer, method, signature, nonce } },
    });
    const quote = await this.#checkouts.quote(slot, token);
    if (quote === undefined) throw new ProblemError('quote_not_found');
    this.#asks.take(slot, 'relay');
    const outcome = await this.#commands.execute(new RelayPayment(envelope, { quote, method, payer, signature, nonce }));
    return answerCommand(reply, outcome, { id });
  }
}
