import { Body, Controller, Inject, Param, Post, Res } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiCreatedResponse, ApiOperation } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { createdOnAccountIdOf } from '../../../commands/application/command-id.ts';
import { answerCommand, CommandAnswerBody } from '../../../http/command-answer.ts';
import { CommandRoute } from '../../../http/command-route.decorator.ts';
import { Asked, type CommandRequest, pathId } from '../../../http/command-request.ts';
import { moneyOf } from '../../../money/money.ts';
import type { AccountCommand } from '../../application/account-command.ts';
import { ChargeUsage } from '../../application/charge-usage.handler.ts';
import { CloseCharges } from '../../application/close-charges.handler.ts';
import { PostCharge } from '../../application/post-charge.handler.ts';
import { PurchaseTitle } from '../../application/purchase-title.handler.ts';
import { ReceivePayment } from '../../application/receive-payment.handler.ts';
import { ReverseEntry } from '../../application/reverse-entry.handler.ts';
import { TopUp } from '../../application/top-up.handler.ts';
import { ChargeBody, IssueInvoiceBody, PaymentBody, PurchaseBody, ReversalBody, TopUpBody, UsageBody } from './account.bodies.ts';

/** Everything that moves money on an account. */
@CommandRoute('accounts')
@Controller('v1/accounts/:account')
export class MovementsController {
  readonly #commands: CommandBus;

  constructor(@Inject(CommandBus) commands: CommandBus) {
    this.#commands = commands;
  }

  @ApiOperation({ summary: 'Puts money into the wallet.' })
  @Post('top-ups')
  @ApiCreatedResponse({ type: CommandAnswerBody })
  topUp(
    @Asked() asked: CommandRequest,
    @Param('account') path: string,
    @Body() body: TopUpBody,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const { account, envelope } = target(asked, 'TopUp', path, body);
    return this.#answer(
      reply,
      new TopUp(envelope, account, {
        ...effective(body),
        amount: moneyOf(body.amount, body.currency),
        method: body.method,
        channel: body.channel ?? 'api',
      }),
    );
  }

  @ApiOperation({ summary: 'Charges an amount.' })
  @Post('charges')
  @ApiCreatedResponse({ type: CommandAnswerBody })
  charge(
    @Asked() asked: CommandRequest,
    @Param('account') path: string,
    @Body() body: ChargeBody,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const { account, envelope } = target(asked, 'PostCharge', path, body);
    const { product, description } = body;
    return this.#answer(
      reply,
      new PostCharge(envelope, account, {
        ...effective(body),
        ...sourced(body),
        amount: moneyOf(body.amount, body.currency),
        product,
        description,
      }),
    );
  }

  @ApiOperation({ summary: 'Rates a usage record by the price book in force and charges it.' })
  @Post('usage')
  @ApiCreatedResponse({ type: CommandAnswerBody })
  usage(
    @Asked() asked: CommandRequest,
    @Param('account') path: string,
    @Body() body: UsageBody,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const { account, envelope } = target(asked, 'ChargeUsage', path, body);
    const { priceBook, band, quantity, usageRecord } = body;
    return this.#answer(
      reply,
      new ChargeUsage(envelope, account, { ...effective(body), ...sourced(body), priceBook, band, quantity, usageRecord }),
    );
  }

  @ApiOperation({ summary: "Buys a pay-per-view title; what is paid may be watched in the title's window." })
  @Post('purchases')
  @ApiCreatedResponse({ type: CommandAnswerBody })
  purchase(
    @Asked() asked: CommandRequest,
    @Param('account') path: string,
    @Body() body: PurchaseBody,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const { account, envelope } = target(asked, 'PurchaseTitle', path, body);
    return this.#answer(reply, new PurchaseTitle(envelope, account, { ...sourced(body), title: body.title }));
  }

  @ApiOperation({ summary: 'Takes note of a payment that arrived: oldest invoice first, what is left over becomes credit.' })
  @Post('payments')
  @ApiCreatedResponse({ type: CommandAnswerBody })
  pay(
    @Asked() asked: CommandRequest,
    @Param('account') path: string,
    @Body() body: PaymentBody,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const { account, envelope } = target(asked, 'ReceivePayment', path, body);
    const payment = createdOnAccountIdOf(envelope.commandId, 'pay_', account);
    const { method, reference } = body;
    return this.#answer(
      reply,
      new ReceivePayment(envelope, account, {
        ...effective(body),
        payment,
        amount: moneyOf(body.amount, body.currency),
        method,
        reference,
      }),
    );
  }

  @ApiOperation({ summary: 'Takes back an earlier entry of the account, whole.' })
  @Post('reversals')
  @ApiCreatedResponse({ type: CommandAnswerBody })
  reverse(
    @Asked() asked: CommandRequest,
    @Param('account') path: string,
    @Body() body: ReversalBody,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const { account, envelope } = target(asked, 'ReverseEntry', path, body);
    return this.#answer(reply, new ReverseEntry(envelope, account, { ...effective(body), entry: BigInt(body.entry), reason: body.reason }));
  }

  @ApiOperation({
    summary: "Closes the unbilled charges to an invoice. Its number and document follow within moments: see the invoice's status.",
  })
  @Post('invoices')
  @ApiCreatedResponse({ type: CommandAnswerBody })
  async invoice(
    @Asked() asked: CommandRequest,
    @Param('account') path: string,
    @Body() body: IssueInvoiceBody,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const { account, envelope } = target(asked, 'CloseCharges', path, body);
    const invoice = createdOnAccountIdOf(envelope.commandId, 'inv_', account);
    const { dueOn, series = 'main' } = body;
    const outcome = await this.#commands.execute(new CloseCharges(envelope, account, { ...effective(body), invoice, dueOn, series }));
    return answerCommand(reply, outcome, { id: invoice, location: `/v1/invoices/${invoice}` });
  }

  async #answer<Data>(reply: FastifyReply, command: AccountCommand<Data>): Promise<CommandAnswerBody> {
    const outcome = await this.#commands.execute(command);
    return answerCommand(reply, outcome, { id: command.account, location: `/v1/accounts/${command.account}` });
  }
}

function target(asked: CommandRequest, command: string, path: string, body: object) {
  const account = pathId(path, 'acc_', 'account_not_found');
  return { account, envelope: asked.envelope(command, body, account) };
}

function effective({ effectiveAt }: { readonly effectiveAt?: string }): { readonly effectiveAt?: string } {
  return effectiveAt === undefined ? {} : { effectiveAt };
}

function sourced({ source }: { readonly source?: 'wallet' | 'invoice' }): { readonly source?: 'wallet' | 'invoice' } {
  return source === undefined ? {} : { source };
}
