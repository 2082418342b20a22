import { Body, Controller, Headers, Inject, Param, Post, Res } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiCreatedResponse, ApiHeader, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Public } from '../../../access/adapters/http/principal.decorator.ts';
import { CLOCK, type Clock } from '../../../commands/application/clock.ts';
import { envelopeOf } from '../../../commands/application/envelope.ts';
import { answerCommand, CommandAnswerBody } from '../../../http/command-answer.ts';
import { ProblemError } from '../../../http/problem-error.ts';
import { ProblemResponse } from '../../../http/problem-response.decorator.ts';
import type { CheckoutSlot } from '../../application/checkout/checkout-link.ts';
import { CheckoutAsks } from '../../application/checkout/checkout-asks.ts';
import { Checkouts } from '../../application/checkout/checkouts.ts';
import { CREDIT_DESK, type CreditDesk } from '../../application/credit/credit-desk.ts';
import { OfferRedemption, RelayRedemption } from '../../application/credit/redemption.handlers.ts';
import { keyOf } from './checkout.controller.ts';
import { PreparedRedemptionBody, RedemptionBody, SignedRedemptionBody } from './credit.bodies.ts';

/** Paying with prepaid credit: whoever has the link says which address spends it. */
@ApiTags('checkout')
@ProblemResponse(400, 'The request is malformed.')
@ProblemResponse(404, 'There is no such checkout, or nothing was offered to the holder.')
@ProblemResponse(409, 'The state does not allow it, or the contract would refuse it.')
@ProblemResponse(429, 'The checkout asked the chain too often; repeat after the seconds of Retry-After.')
@ProblemResponse(503, 'The ledger or the chain cannot be reached; repeat after the seconds of Retry-After.')
@Public()
@Controller('v1/checkouts/:checkout/redemptions')
export class RedemptionsController {
  readonly #commands: CommandBus;
  readonly #checkouts: Checkouts;
  readonly #asks: CheckoutAsks;
  readonly #desk: CreditDesk;
  readonly #clock: Clock;

  constructor(
    @Inject(CommandBus) commands: CommandBus,
    @Inject(Checkouts) checkouts: Checkouts,
    @Inject(CheckoutAsks) asks: CheckoutAsks,
    @Inject(CREDIT_DESK) desk: CreditDesk,
    @Inject(CLOCK) clock: Clock,
  ) {
    this.#commands = commands;
    this.#checkouts = checkouts;
    this.#asks = asks;
    this.#desk = desk;
    this.#clock = clock;
  }

  @ApiOperation({ summary: 'Lets a holder of prepaid credit pay with it, and prepares that for its wallet.' })
  @ApiHeader({ name: 'Idempotency-Key', required: true, description: 'Chosen by the caller.' })
  @Post()
  @ApiCreatedResponse({ type: PreparedRedemptionBody })
  async offer(
    @Param('checkout') id: string,
    @Headers('idempotency-key') key: string | undefined,
    @Body() body: RedemptionBody,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<PreparedRedemptionBody> {
    const at = this.#slotOf(id);
    const holder = body.holder.toLowerCase();
    const onCost = () => this.#asks.take(at, 'redemption');
    const envelope = envelopeOf({
      ...{ provider: at.provider, actor: { id: `checkout:${at.seq}`, type: 'process' }, key: keyOf(key) },
      ...{ command: 'OfferRedemption', body: { slot: at.seq, holder } },
    });
    answerCommand(reply, await this.#commands.execute(new OfferRedemption(envelope, at.seq, holder, onCost)), { id });
    const { offer } = await this.#offered(at, holder);
    const { chainId, contract, units, invoiceRef } = offer;
    return { chainId, contract, holder, units, invoiceRef, ...(await this.#desk.prepare(offer, this.#clock.now())) };
  }

  @ApiOperation({ summary: "Takes the holder's signature over what it spends, tries it out, and brings it to the contract." })
  @ApiHeader({ name: 'Idempotency-Key', required: true, description: 'Chosen by the caller.' })
  @Post('relays')
  @ApiCreatedResponse({ type: CommandAnswerBody })
  async relay(
    @Param('checkout') id: string,
    @Headers('idempotency-key') key: string | undefined,
    @Body() body: SignedRedemptionBody,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CommandAnswerBody> {
    const at = this.#slotOf(id);
    const { deadline, signature } = body;
    const holder = body.holder.toLowerCase();
    const envelope = envelopeOf({
      ...{ provider: at.provider, actor: { id: `checkout:${at.seq}`, type: 'process' }, key: keyOf(key) },
      ...{ command: 'RelayRedemption', body: { slot: at.seq, holder, deadline, signature } },
    });
    const offered = await this.#offered(at, holder);
    this.#asks.take(at, 'relay');
    const outcome = await this.#commands.execute(new RelayRedemption(envelope, offered, { deadline, signature }));
    return answerCommand(reply, outcome, { id });
  }

  #slotOf(id: string): CheckoutSlot {
    const slot = this.#checkouts.slotOf(id);
    if (slot === undefined) throw new ProblemError('checkout_not_found');
    return slot;
  }

  async #offered(at: CheckoutSlot, holder: string) {
    const offered = await this.#checkouts.redemption(at, holder);
    if (offered === undefined) throw new ProblemError('redemption_not_found');
    return offered;
  }
}
