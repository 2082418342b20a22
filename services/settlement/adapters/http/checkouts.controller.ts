import { Body, Controller, Inject, Param, Post, Res } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiCreatedResponse, ApiOperation } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { ChecksOwner, ForRoles, Principal } from '../../../access/adapters/http/principal.decorator.ts';
import { type Principal as PrincipalOf, reaches } from '../../../access/application/principal.ts';
import { answerCommand, CommandAnswerBody } from '../../../http/command-answer.ts';
import { Asked, type CommandRequest, pathId } from '../../../http/command-request.ts';
import { CommandRoute } from '../../../http/command-route.decorator.ts';
import { moneyOf } from '../../../money/money.ts';
import type { CheckoutAsked, CheckoutSubject } from '../../application/checkout/checkout-subject.ts';
import { Checkouts } from '../../application/checkout/checkouts.ts';
import { OpenCheckout } from '../../application/checkout/open-checkout.handler.ts';
import { AmountCheckoutBody, InvoiceCheckoutBody, TitleCheckoutBody } from './settlement.bodies.ts';

type Place = Pick<InvoiceCheckoutBody, 'chainId' | 'terms'>;

/** Begins payments on chain, for the provider and for the customer whose account it is. The answer's location is where it is paid. */
@CommandRoute('settlement')
@ForRoles('provider', 'customer')
@Controller('v1')
export class CheckoutsController {
  readonly #commands: CommandBus;
  readonly #checkouts: Checkouts;

  constructor(@Inject(CommandBus) commands: CommandBus, @Inject(Checkouts) checkouts: Checkouts) {
    this.#commands = commands;
    this.#checkouts = checkouts;
  }

  @ApiOperation({ summary: 'Lets an issued invoice be paid on chain: what is open of it, or a part.' })
  @Post('invoices/:invoice/checkouts')
  @ChecksOwner()
  @ApiCreatedResponse({ type: CommandAnswerBody })
  invoice(
    @Principal() principal: PrincipalOf,
    @Asked() asked: CommandRequest,
    @Param('invoice') path: string,
    @Body() body: InvoiceCheckoutBody,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CommandAnswerBody> {
    const invoice = pathId(path, 'inv_', 'invoice_not_found');
    const { amount, currency } = body;
    const part = amount === undefined || currency === undefined ? {} : { amount: moneyOf(amount, currency) };
    return this.#open(reply, { principal, asked, body, target: invoice }, { kind: 'invoice', invoice, ...part });
  }

  @ApiOperation({ summary: 'Lets money be put into the wallet on chain.' })
  @Post('accounts/:account/top-ups/checkouts')
  @ApiCreatedResponse({ type: CommandAnswerBody })
  topUp(
    @Principal() principal: PrincipalOf,
    @Asked() asked: CommandRequest,
    @Param('account') path: string,
    @Body() body: AmountCheckoutBody,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CommandAnswerBody> {
    const account = pathId(path, 'acc_', 'account_not_found');
    const amount = moneyOf(body.amount, body.currency);
    return this.#open(reply, { principal, asked, body, target: account }, { kind: 'top-up', account, amount, bucket: 'money' });
  }

  @ApiOperation({ summary: 'Lets a deposit be paid on chain.' })
  @Post('accounts/:account/deposits/checkouts')
  @ApiCreatedResponse({ type: CommandAnswerBody })
  deposit(
    @Principal() principal: PrincipalOf,
    @Asked() asked: CommandRequest,
    @Param('account') path: string,
    @Body() body: AmountCheckoutBody,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CommandAnswerBody> {
    const account = pathId(path, 'acc_', 'account_not_found');
    return this.#open(
      reply,
      { principal, asked, body, target: account },
      { kind: 'deposit', account, amount: moneyOf(body.amount, body.currency) },
    );
  }

  @ApiOperation({ summary: 'Lets prepaid credit be bought on chain; its token is issued when the payment is final.' })
  @Post('accounts/:account/credits/checkouts')
  @ApiCreatedResponse({ type: CommandAnswerBody })
  credit(
    @Principal() principal: PrincipalOf,
    @Asked() asked: CommandRequest,
    @Param('account') path: string,
    @Body() body: AmountCheckoutBody,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CommandAnswerBody> {
    const account = pathId(path, 'acc_', 'account_not_found');
    return this.#open(
      reply,
      { principal, asked, body, target: account },
      { kind: 'credit', account, amount: moneyOf(body.amount, body.currency) },
    );
  }

  @ApiOperation({ summary: 'Orders a pay-per-view title to be paid on chain. An order that is not paid grants nothing.' })
  @Post('accounts/:account/purchases/checkouts')
  @ApiCreatedResponse({ type: CommandAnswerBody })
  title(
    @Principal() principal: PrincipalOf,
    @Asked() asked: CommandRequest,
    @Param('account') path: string,
    @Body() body: TitleCheckoutBody,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CommandAnswerBody> {
    const account = pathId(path, 'acc_', 'account_not_found');
    const { title, heldBy } = body;
    return this.#open(reply, { principal, asked, body, target: account }, { kind: 'title', account, title, held: heldBy === 'escrow' });
  }

  async #open(
    reply: FastifyReply,
    {
      principal,
      asked,
      body,
      target,
    }: { readonly principal: PrincipalOf; readonly asked: CommandRequest; readonly body: Place; readonly target: string },
    subject: CheckoutSubject,
  ): Promise<CommandAnswerBody> {
    const { chainId, terms } = body;
    const what: CheckoutAsked = { subject, ...(chainId !== undefined && { chainId }), ...(terms !== undefined && { termsHash: terms }) };
    const envelope = asked.envelope(`OpenCheckout:${subject.kind}`, body, target);
    const isFor = (account: string) => reaches(principal, account);
    const { seq, outcome } = await this.#commands.execute(new OpenCheckout(envelope, what, isFor));
    const id = seq === '' ? '' : this.#checkouts.idOf({ provider: asked.provider, seq });
    return answerCommand(reply, outcome, { id, location: `/v1/checkouts/${id}` });
  }
}
