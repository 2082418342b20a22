import { applyDecorators, Body, Controller, Get, Headers, Inject, Param, Post, Query, Res, Sse } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiCreatedResponse, ApiHeader, ApiOkResponse, ApiOperation, ApiProduces, ApiQuery, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { Observable } from 'rxjs';
import { Public } from '../../../access/adapters/http/principal.decorator.ts';
import { envelopeOf } from '../../../commands/application/envelope.ts';
import { answerCommand } from '../../../http/command-answer.ts';
import { ProblemError } from '../../../http/problem-error.ts';
import { ProblemResponse } from '../../../http/problem-response.decorator.ts';
import { CheckoutAsks } from '../../application/checkout/checkout-asks.ts';
import { CheckoutEvents, type Told } from '../../application/checkout/checkout-events.ts';
import type { CheckoutSlot } from '../../application/checkout/checkout-link.ts';
import { Checkouts } from '../../application/checkout/checkouts.ts';
import { IssueQuote } from '../../application/quoting/issue-quote.handler.ts';
import type { CheckoutView } from '../../application/checkout/checkout-view.ts';
import { PAYER_DESK, type PayerDesk } from '../../application/checkout/payer-desk.ts';
import { SETTLEMENT_CHAINS, type SettlementChains } from '../../application/settlement-chains.ts';
import { zeroAddress } from '../../domain/quote.ts';
import type { IssuedQuote } from '../../domain/slot.ts';
import { CheckoutBody, PreparedPaymentBody, SignedPaymentBody } from './checkout.bodies.ts';
import { checkoutBody, quoteBody } from './checkout-body.ts';
import { type CheckoutQuery, readCheckoutQuery, readNamedTransaction } from './checkout-query.ts';
import { QuoteBody } from './settlement.bodies.ts';

/** What was told of the transaction while it was waiting. All four, or none. */
const SeenQueries = () =>
  applyDecorators(
    ...['from', 'nonce', 'call', 'height'].map((name) =>
      ApiQuery({ name, required: false, description: 'As `transaction` said it when it was pending: tells what took its place.' }),
    ),
  );

/** So much may wait for a payer that does not read; then the connection is dropped, and a new one begins with the state as it is. */
const unreadCharactersMax = 131_072;

/** A payment as its payer sees it. Whoever has the link is let in; what stands here is no more than a payer must know. */
@ApiTags('checkout')
@ProblemResponse(400, 'The request is malformed.')
@ProblemResponse(404, 'There is no such checkout, or no good quote for the token.')
@ProblemResponse(429, 'The checkout asked too often, or is followed too often; repeat after the seconds of Retry-After.')
@ProblemResponse(503, 'The ledger or the chain cannot be reached; repeat after the seconds of Retry-After.')
@Public()
@Controller('v1/checkouts/:checkout')
export class CheckoutController {
  readonly #commands: CommandBus;
  readonly #checkouts: Checkouts;
  readonly #events: CheckoutEvents;
  readonly #asks: CheckoutAsks;
  readonly #desk: PayerDesk;
  readonly #chains: SettlementChains;

  constructor(
    @Inject(CommandBus) commands: CommandBus,
    @Inject(Checkouts) checkouts: Checkouts,
    @Inject(CheckoutEvents) events: CheckoutEvents,
    @Inject(CheckoutAsks) asks: CheckoutAsks,
    @Inject(PAYER_DESK) desk: PayerDesk,
    @Inject(SETTLEMENT_CHAINS) chains: SettlementChains,
  ) {
    this.#commands = commands;
    this.#checkouts = checkouts;
    this.#events = events;
    this.#asks = asks;
    this.#desk = desk;
    this.#chains = chains;
  }

  @ApiOperation({ summary: 'Shows what is to be paid, and how far that is.' })
  @ApiQuery({ name: 'tx', required: false, description: 'A transaction that a wallet said it sent: the chain is asked what became of it.' })
  @SeenQueries()
  @Get()
  @ApiOkResponse({ type: CheckoutBody })
  async show(@Param('checkout') id: string, @Query() query: CheckoutQuery): Promise<CheckoutBody> {
    const view = await this.#checkouts.view(this.#slotOf(id), readNamedTransaction(query));
    if (view === undefined) throw new ProblemError('checkout_not_found');
    return this.#body(id, view);
  }

  @ApiOperation({
    summary: 'Tells the same whenever it changes, as server-sent events, the first at once; the last one before it ends is final.',
  })
  @ApiQuery({ name: 'tx', required: false, description: 'As above.' })
  @SeenQueries()
  @ApiProduces('text/event-stream')
  @ApiOkResponse({ description: 'Each `data` is the checkout as JSON; its `type` is `checkout`.', schema: { type: 'string' } })
  @Sse('events', { maxPendingDataLength: unreadCharactersMax })
  async follow(@Param('checkout') id: string, @Query() query: CheckoutQuery): Promise<Observable<Told<CheckoutBody>>> {
    const named = readNamedTransaction(query);
    const slot = this.#slotOf(id);
    const owner = await this.#checkouts.owner(slot);
    if (owner === undefined || (await this.#checkouts.view(slot)) === undefined) throw new ProblemError('checkout_not_found');
    return this.#events.of({ ...slot, account: owner.opened.account }, named, (view) => this.#body(id, view));
  }

  @ApiOperation({ summary: 'Asks for a quote in a token. While one is good everybody is answered the same price.' })
  @ApiHeader({ name: 'Idempotency-Key', required: true, description: 'Chosen by the caller.' })
  @ProblemResponse(409, 'The state does not allow it.')
  @Post('quotes')
  @ApiCreatedResponse({ type: CheckoutBody })
  async quote(
    @Param('checkout') id: string,
    @Headers('idempotency-key') key: string | undefined,
    @Body() body: QuoteBody,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CheckoutBody> {
    const { provider, seq } = this.#slotOf(id);
    const asked = { seq, token: body.token.toLowerCase(), payer: (body.payer ?? zeroAddress).toLowerCase() };
    const envelope = envelopeOf({
      ...{ provider, actor: { id: `checkout:${seq}`, type: 'process' }, key: keyOf(key), command: 'IssueQuote', body: asked },
    });
    const onCost = () => this.#asks.take({ provider, seq }, 'quote', asked.token);
    const outcome = await this.#commands.execute(new IssueQuote(envelope, asked, onCost));
    answerCommand(reply, outcome, { id });
    const view = await this.#checkouts.view({ provider, seq });
    if (view === undefined) throw new ProblemError('checkout_not_found');
    return this.#body(id, view);
  }

  @ApiOperation({ summary: 'Prepares the payment of a good quote for a wallet, and tries it out from there.' })
  @ApiQuery({ name: 'token', required: true })
  @ApiQuery({ name: 'payer', required: true })
  @Get('payment')
  @ApiOkResponse({ type: PreparedPaymentBody })
  async prepare(@Param('checkout') id: string, @Query() query: CheckoutQuery): Promise<PreparedPaymentBody> {
    const { token, payer } = readCheckoutQuery(query, ['token', 'payer']);
    const quote = await this.#goodQuote(id, token);
    this.#asks.take(this.#slotOf(id), 'payment');
    const { ways, needs, account, refusal } = await this.#desk.prepare(quote, required('payer', payer));
    return {
      chainId: quote.chainId,
      quote: quoteBody(quote, this.#desk.coinLink(quote)),
      ...{ ways, needs, account, ...(refusal !== undefined && { refusal }) },
    };
  }

  @ApiOperation({ summary: 'Makes the transaction of what a wallet has signed, and tries it out.' })
  @ApiQuery({ name: 'token', required: true })
  @ApiQuery({ name: 'payer', required: true })
  @ApiQuery({ name: 'method', required: true, enum: ['permit', 'permit2', 'authorization'] })
  @ApiQuery({ name: 'signature', required: true })
  @ApiQuery({ name: 'nonce', required: false, description: 'Of Permit2, as it was signed.' })
  @Get('signed-payment')
  @ApiOkResponse({ type: SignedPaymentBody })
  async signed(@Param('checkout') id: string, @Query() query: CheckoutQuery): Promise<SignedPaymentBody> {
    const asked = readCheckoutQuery(query, ['token', 'payer', 'method', 'signature', 'nonce']);
    const quote = await this.#goodQuote(id, asked.token);
    const by = {
      payer: required('payer', asked.payer),
      method: required('method', asked.method),
      signature: required('signature', asked.signature),
      nonce: asked.nonce ?? '0',
    };
    this.#asks.take(this.#slotOf(id), 'relay');
    return required('signature', await this.#desk.signed(quote, by));
  }

  #body(id: string, view: CheckoutView): CheckoutBody {
    const coinLinks = new Map(view.quotes.map((quote) => [quote.digest, this.#desk.coinLink(quote)]));
    return checkoutBody(id, view, { chain: this.#chains.find(view.slot.place.chainId), coinLinks });
  }

  #slotOf(id: string): CheckoutSlot {
    const slot = this.#checkouts.slotOf(id);
    if (slot === undefined) throw new ProblemError('checkout_not_found');
    return slot;
  }

  async #goodQuote(id: string, token: string | undefined): Promise<IssuedQuote> {
    const quote = await this.#checkouts.quote(this.#slotOf(id), required('token', token));
    if (quote === undefined) throw new ProblemError('quote_not_found');
    return quote;
  }
}

/** The key of a request that no API key comes with. */
export function keyOf(key: string | undefined): string {
  if (key === undefined || key === '') throw new ProblemError('idempotency_key_missing');
  if (!/^[\x21-\x7e]{1,255}$/.test(key)) throw new ProblemError('idempotency_key_invalid');
  return key;
}

function required<Value>(field: string, value: Value | undefined): Value {
  if (value === undefined) throw new ProblemError('query_invalid', { errors: [{ field, code: 'parameter_malformed' }] });
  return value;
}
